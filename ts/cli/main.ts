#!/usr/bin/env node
import { doctor } from './doctor.ts';

const usage = `hornbeam <command>

  doctor    what decides how hornbeam runs on this machine, and a self-test
  help      this text
`;

/** Runs a command line; gives the exit code. */
async function main([command, ...rest]: string[]): Promise<number> {
  if (command === 'doctor' && rest.length === 0) {
    // The package by its own name: the bundle of the command holds no second copy of it, and an addon that does not load is a finding.
    return doctor(
      () => import('hornbeam'),
      (line) => console.log(line),
    );
  }
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    console.log(usage);
    return 0;
  }
  console.error(`hornbeam: unknown command "${[command, ...rest].join(' ')}"\n\n${usage}`);
  return 2;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
