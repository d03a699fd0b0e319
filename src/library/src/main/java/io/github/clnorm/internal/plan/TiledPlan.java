package io.github.clnorm.internal.plan;

/**
 * {@link Strategy#TILED}, backward only: a team takes a tile of samples, one after another, and sums the gradients of every
 * element's own parameters.
 *
 * <p>Immutable and thread-safe.
 *
 * @param workGroupSize work-items of a work-group, a power of two; no more than one team
 * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
 * @param nonTemporal whether stores of the output bypass the cache
 */
public record TiledPlan(int workGroupSize, int vectorWidth, boolean nonTemporal) implements Plan {

    /**
     * Checks the requirements of every device.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public TiledPlan {
        Parameters.check(workGroupSize, vectorWidth);
    }

    @Override
    public Strategy strategy() {
        return Strategy.TILED;
    }

    @Override
    public TiledPlan withWorkGroupSize(int size) {
        return new TiledPlan(size, vectorWidth, nonTemporal);
    }

    @Override
    public TiledPlan withVectorWidth(int width) {
        return new TiledPlan(workGroupSize, width, nonTemporal);
    }

    @Override
    public TiledPlan withNonTemporal(boolean bypass) {
        return new TiledPlan(workGroupSize, vectorWidth, bypass);
    }

    @Override
    public String toString() {
        return Parameters.text(this);
    }
}
