const tf = await import('../ts/index.ts');
const { build, samples, workload } = await import('./model.mjs');
tf.setThreads(2);
const definition = workload('tiny-mlp');
const { x, xShape, y, yShape } = samples(definition, 32*1000);
const model = build(tf, definition);
const i=tf.tensor(x,xShape), t=tf.tensor(y,yShape);
const t0=performance.now();
await model.fit(i,t,{batchSize:32,epochs:3,verbose:0});
const n=Number(process.argv[2]??30);
let best=1e9;
for(let k=0;k<n;k++){const a=performance.now();await model.fit(i,t,{batchSize:32,epochs:1,verbose:0});best=Math.min(best,performance.now()-a)}
console.log('us a step, least', best.toFixed(2));
