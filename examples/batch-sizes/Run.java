/**
 * A training.
 *
 * @param method how the network normalizes
 * @param batch images of a step
 * @param seed of the first parameters and of the order of the images
 */
record Run(Method method, int batch, long seed) {}
