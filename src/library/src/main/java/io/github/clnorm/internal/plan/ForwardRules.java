package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import java.util.Optional;

/** Which strategies fit a forward pass, on any device. */
final class ForwardRules {

    private ForwardRules() {}

    /** Why a plan does not fit; empty if it does. */
    static Optional<String> mismatch(Plan plan, ForwardProblem problem) {
        Geometry geometry = problem.geometry();
        if (plan instanceof SplitPlan split) {
            return split(split, problem);
        }
        if (!(plan instanceof WholeSetsPlan whole)) {
            return Optional.of("tiles of samples are for gradients");
        }
        if (whole.parameterLaunch()) {
            return Optional.of("only gradients of parameters are merged in a launch of their own");
        }
        if (problem.statistics() == Statistics.GIVEN) {
            return Optional.of("given statistics take the strategy split");
        }
        if (whole instanceof ResidentPlan resident && geometry.acrossRows()) {
            return sideBySide(resident, geometry);
        }
        if (whole instanceof ResidentPlan resident && resident.sets() > 1) {
            return Optional.of("only sets across rows are taken side by side");
        }
        if (!geometry.alongRows()) {
            return Optional.of("sets across rows take the strategies split or resident");
        }
        return whole.secondRead() == SecondRead.REGISTERS
                ? RegisterRules.mismatch(whole, problem, Cut.of(geometry).blocks())
                : Optional.empty();
    }

    private static Optional<String> split(SplitPlan plan, ForwardProblem problem) {
        return plan.mergeLaunch() || problem.geometry().alongRows()
                ? Turns.mismatch(plan, problem)
                : Optional.of("sets across rows are merged in a launch of its own");
    }

    private static Optional<String> sideBySide(ResidentPlan plan, Geometry geometry) {
        if (plan.secondRead() != SecondRead.GLOBAL) {
            return Optional.of("sets across rows are kept neither in local memory nor in registers");
        }
        if (Columns.of(geometry).shortRows() > 1 && plan.sets() < geometry.groups()) {
            return Optional.of("rows of fewer than " + Cut.LANES + " elements take all sets of a sample together");
        }
        return Optional.empty();
    }
}
