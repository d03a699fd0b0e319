package io.github.clnorm.internal.plan;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.Optional;

/** Which sets fit the registers of a work-group: each team holds one block. */
final class RegisterRules {

    // Bytes of vectors that a work-item holds at most, so that compilers for GPUs find registers for them. Backward
    // needs
    // more registers beside x and dy. Scalars always fit.
    private static final long MOST_BYTES = 256;
    private static final long MOST_BYTES_OF_TWO_TENSORS = 128;
    // Of a work-group: a quarter of the registers of a compute unit, on most GPUs. The rest is for all other values.
    private static final long MOST_BYTES_OF_WORK_GROUP = 64 << 10;

    private RegisterRules() {}

    /**
     * Why a work-group cannot hold its sets in registers; empty if it can.
     *
     * @param plan the plan
     * @param problem what it computes
     * @param blocks blocks of a set
     */
    static Optional<String> mismatch(WholeSetsPlan plan, Problem problem, int blocks) {
        if (plan.team() * plan.vectorWidth() != Cut.LANES) {
            return Optional.of("only teams with one vector of lanes for each work-item hold sets in registers");
        }
        long bytes = LocalMemory.tensors(problem)
                * plan.vectorWidth()
                * problem.real().bytes()
                * (Cut.BLOCK / Cut.LANES);
        long most = problem instanceof ForwardProblem ? MOST_BYTES : MOST_BYTES_OF_TWO_TENSORS;
        if (bytes > most && plan.vectorWidth() > 1) {
            return Optional.of("a work-item would hold " + bytes + " bytes in registers, the limit is " + most);
        }
        if (bytes * plan.workGroupSize() > MOST_BYTES_OF_WORK_GROUP) {
            return Optional.of("a work-group would hold " + bytes * plan.workGroupSize()
                    + " bytes in registers, the limit is " + MOST_BYTES_OF_WORK_GROUP);
        }
        int held = plan.teams() / plan.setsAtATime();
        return blocks <= held
                ? Optional.empty()
                : Optional.of("a set has " + blocks + " blocks, and the registers hold " + held);
    }
}
