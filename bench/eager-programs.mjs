// Small programs without a model, the same for hornbeam and TensorFlow.js. Each gives a number, so that nothing is left undone.

/** The programs by name: `make(tf)` gives a function to run over and over. */
export const programs = {
  // About 200 operations forward, on 64 numbers, with their gradient and one step of gradient descent.
  'minimize, 200 ops': (tf) => {
    const w = tf.variable(tf.linspace(-1, 1, 64));
    const b = tf.variable(tf.zeros([64]));
    const x = tf.linspace(0, 1, 64);
    const optimizer = tf.train.sgd(0.01);
    const loss = () => {
      let h = x;
      for (let i = 0; i < 40; i++) h = h.mul(w).add(b).tanh().mul(0.5).add(h);
      return h.square().mean();
    };
    return () => {
      const cost = optimizer.minimize(loss, true);
      const [value] = cost.dataSync();
      cost.dispose();
      return value;
    };
  },
  'loop over 1000 slices': (tf) => {
    const x = tf.linspace(0, 1, 64_000).reshape([1000, 64]);
    x.dataSync();
    return () =>
      tf.tidy(() => {
        let sum = tf.zeros([64]);
        for (let i = 0; i < 1000; i++) sum = sum.add(x.slice([i, 0], [1, 64]).reshape([64]));
        return sum.dataSync()[0];
      });
  },
  '10,000 tiny ops': (tf) => {
    const start = tf.tensor1d([1, 2, 3, 4]);
    return () =>
      tf.tidy(() => {
        let x = start;
        for (let i = 0; i < 5000; i++) x = x.mul(0.999).add(0.001);
        return x.dataSync()[0];
      });
  },
};
