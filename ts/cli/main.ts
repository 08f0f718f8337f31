#!/usr/bin/env node
import { run } from './commands.ts';

run(process.argv.slice(2), {
  // The package by its own name: the bundle of the command holds no second copy of it, and an addon that does not load is a finding.
  load: () => import('hornbeam'),
  print: (line) => console.log(line),
  warn: (line) => console.error(line),
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
