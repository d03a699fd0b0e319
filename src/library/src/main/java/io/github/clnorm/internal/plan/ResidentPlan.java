package io.github.clnorm.internal.plan;

/**
 * {@link Strategy#RESIDENT}: all work-items of a work-group share a set, or several sets that lie side by side across rows.
 *
 * <p>Immutable and thread-safe.
 *
 * @param workGroupSize work-items of a work-group, a power of two
 * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
 * @param sets sets that a work-group takes: forward across rows side by side, else one after another
 * @param secondRead where sets are read from the second time
 * @param parameterLaunch backward: whether the gradients of parameters are merged in a separate launch
 * @param nonTemporal whether stores of the output bypass the cache
 */
public record ResidentPlan(
        int workGroupSize,
        int vectorWidth,
        int sets,
        SecondRead secondRead,
        boolean parameterLaunch,
        boolean nonTemporal)
        implements WholeSetsPlan {

    /**
     * Checks the requirements of every device.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public ResidentPlan {
        Parameters.check(workGroupSize, vectorWidth);
        Parameters.checkPositive("sets a work-group", sets);
    }

    @Override
    public Strategy strategy() {
        return Strategy.RESIDENT;
    }

    @Override
    public int setsAtATime() {
        return 1;
    }

    @Override
    public int setsInTurn() {
        return sets;
    }

    @Override
    public ResidentPlan withWorkGroupSize(int size) {
        return new ResidentPlan(size, vectorWidth, sets, secondRead, parameterLaunch, nonTemporal);
    }

    @Override
    public ResidentPlan withVectorWidth(int width) {
        return new ResidentPlan(workGroupSize, width, sets, secondRead, parameterLaunch, nonTemporal);
    }

    @Override
    public ResidentPlan withSecondRead(SecondRead from) {
        return new ResidentPlan(workGroupSize, vectorWidth, sets, from, parameterLaunch, nonTemporal);
    }

    @Override
    public ResidentPlan withParameterLaunch(boolean own) {
        return new ResidentPlan(workGroupSize, vectorWidth, sets, secondRead, own, nonTemporal);
    }

    @Override
    public ResidentPlan withNonTemporal(boolean bypass) {
        return new ResidentPlan(workGroupSize, vectorWidth, sets, secondRead, parameterLaunch, bypass);
    }

    @Override
    public String toString() {
        return Parameters.text(
                this,
                sets > 1 ? sets + " sets side by side" : null,
                secondRead.text(),
                parameterLaunch ? Parameters.MERGED_ONCE : null);
    }
}
