package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.Optional;

/** Which plans a device can run for a problem. Thread-safe. */
public final class PlanRules {

    /**
     * Loop trips of a work-item must stay below this. Mesa's llvmpipe silently stops a work-item after 65,536 of them, and
     * long loops trip the watchdog of desktop GPUs.
     */
    private static final long MAX_TRIPS = 65_000;

    private PlanRules() {}

    /**
     * Why a plan cannot run.
     *
     * @param plan the plan
     * @param problem what it would compute, not empty
     * @param device the device
     * @return the reason, or empty if it can run
     */
    public static Optional<String> problem(Plan plan, Problem problem, DeviceInfo device) {
        if (plan.workGroupSize() > device.maxWorkGroupSize()) {
            return Optional.of("a work-group of " + plan.workGroupSize() + " exceeds the device's limit of "
                    + device.maxWorkGroupSize());
        }
        int least = Quirks.leastWorkGroup(device);
        if (plan.workGroupSize() > 1 && plan.workGroupSize() < least) {
            return Optional.of("work-groups of fewer than " + least + " are unreliable on this device");
        }
        if (plan instanceof WholeSetsPlan kept
                && kept.secondRead() == SecondRead.LOCAL
                && Quirks.hasLocalMemoryInGlobalMemory(device)) {
            return Optional.of("local memory of this device is global memory: sets are not kept there");
        }
        Optional<String> mismatch = problem instanceof ForwardProblem forward
                ? ForwardRules.mismatch(plan, forward)
                : BackwardRules.mismatch(plan, (BackwardProblem) problem);
        if (mismatch.isPresent()) {
            return mismatch;
        }
        long local = LocalMemory.bytes(plan, problem);
        if (local > device.localMemory()) {
            return Optional.of("it needs " + local + " bytes of local memory, the device has " + device.localMemory());
        }
        long trips = LoopTrips.of(plan, problem, Quirks.stopsLongLoops(device));
        if (trips >= MAX_TRIPS) {
            return Optional.of("a work-item would make " + trips + " loop trips, the limit is " + MAX_TRIPS);
        }
        return Optional.empty();
    }
}
