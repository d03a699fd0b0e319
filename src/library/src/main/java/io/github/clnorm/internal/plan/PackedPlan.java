package io.github.clnorm.internal.plan;

/**
 * {@link Strategy#PACKED}: each team of a work-group takes a set of its own, several in turn.
 *
 * <p>Immutable and thread-safe.
 *
 * @param workGroupSize work-items of a work-group, a power of two
 * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
 * @param setsPerTeam sets that a team takes one after another
 * @param secondRead where sets are read from the second time
 * @param parameterLaunch backward: whether the gradients of parameters are merged in a separate launch
 * @param nonTemporal whether stores of the output bypass the cache
 */
public record PackedPlan(
        int workGroupSize,
        int vectorWidth,
        int setsPerTeam,
        SecondRead secondRead,
        boolean parameterLaunch,
        boolean nonTemporal)
        implements WholeSetsPlan {

    /**
     * Checks the requirements of every device.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public PackedPlan {
        Parameters.check(workGroupSize, vectorWidth);
        Parameters.checkPositive("sets a team", setsPerTeam);
    }

    @Override
    public Strategy strategy() {
        return Strategy.PACKED;
    }

    @Override
    public int setsAtATime() {
        return teams();
    }

    @Override
    public int setsInTurn() {
        return setsPerTeam;
    }

    @Override
    public int members() {
        return team();
    }

    @Override
    public PackedPlan withWorkGroupSize(int size) {
        return new PackedPlan(size, vectorWidth, setsPerTeam, secondRead, parameterLaunch, nonTemporal);
    }

    @Override
    public PackedPlan withVectorWidth(int width) {
        return new PackedPlan(workGroupSize, width, setsPerTeam, secondRead, parameterLaunch, nonTemporal);
    }

    @Override
    public PackedPlan withSecondRead(SecondRead from) {
        return new PackedPlan(workGroupSize, vectorWidth, setsPerTeam, from, parameterLaunch, nonTemporal);
    }

    @Override
    public PackedPlan withParameterLaunch(boolean own) {
        return new PackedPlan(workGroupSize, vectorWidth, setsPerTeam, secondRead, own, nonTemporal);
    }

    @Override
    public PackedPlan withNonTemporal(boolean bypass) {
        return new PackedPlan(workGroupSize, vectorWidth, setsPerTeam, secondRead, parameterLaunch, bypass);
    }

    @Override
    public String toString() {
        return Parameters.text(
                this, setsPerTeam + " sets a team", secondRead.text(), parameterLaunch ? Parameters.MERGED_ONCE : null);
    }
}
