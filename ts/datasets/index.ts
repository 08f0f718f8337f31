export { type ImageDataset, type LabeledImages, mnist } from './mnist.ts';
