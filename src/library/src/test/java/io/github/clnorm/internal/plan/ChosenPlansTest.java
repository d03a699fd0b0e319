package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The plans that heuristics choose, and what rules say of plans, are those that were recorded: nothing changes unseen. */
class ChosenPlansTest {

    private static final int RANDOM_PROBLEMS = 4000;
    private static final int RANDOM_RULES = 300;

    @Test
    void heuristicsChooseTheRecordedPlans() {
        Recording recording = new Recording();
        PlanGrid.devices().forEach((name, device) -> {
            recording.line("# " + name);
            PlanGrid.geometries().forEach((shape, geometry) -> {
                recording.line(shape + " forward: " + chosen(PlanGrid.forward(geometry), device));
                recording.line(shape + " backward: " + chosen(PlanGrid.backward(geometry), device));
            });
            SplittableRandom random = new SplittableRandom(1);
            List<String> forward = new ArrayList<>();
            List<String> backward = new ArrayList<>();
            for (int i = 0; i < RANDOM_PROBLEMS; i++) {
                long limit = Math.min(device.maxWorkGroupSize(), 1L << random.nextInt(13));
                forward.add(Heuristics.choose(PlanGrid.forward(random), device, limit)
                        .plan()
                        .toString());
                backward.add(Heuristics.choose(PlanGrid.backward(random), device, limit)
                        .plan()
                        .toString());
            }
            recording.checksum("random forward", forward);
            recording.checksum("random backward", backward);
        });
        recording.assertRecorded(ChosenPlansTest.class, "chosen-plans.txt");
    }

    private static Plan chosen(Problem problem, DeviceInfo device) {
        return Heuristics.choose(problem, device, device.maxWorkGroupSize()).plan();
    }

    /** Which plans are legal, and the local memory and loop trips of those. */
    @Test
    void rulesSayWhatIsRecorded() {
        Recording recording = new Recording();
        PlanGrid.devices().forEach((name, device) -> {
            SplittableRandom random = new SplittableRandom(2);
            List<String> forward = new ArrayList<>();
            List<String> backward = new ArrayList<>();
            for (int i = 0; i < RANDOM_RULES; i++) {
                int group = 1 << random.nextInt(11);
                int width = 1 << random.nextInt(5);
                ForwardProblem problem = PlanGrid.forward(random);
                for (Plan plan : PlanSpace.variants(group, width)) {
                    if (PlanRules.problem(plan, problem, device).isEmpty()) {
                        forward.add(i + " " + plan + ": " + LocalMemory.bytes(plan, problem) + " bytes, "
                                + LoopTrips.of(plan, problem, true) + " trips");
                    }
                }
                BackwardProblem gradients = PlanGrid.backward(random);
                for (Plan plan : PlanSpace.gradients(gradients, device, group, width)) {
                    backward.add(i + " " + plan + ": " + LocalMemory.bytes(plan, gradients) + " bytes, "
                            + LoopTrips.of(plan, gradients, true)
                            + " trips");
                }
            }
            recording.line("# " + name);
            recording.checksum("forward", forward);
            recording.checksum("backward", backward);
        });
        recording.assertRecorded(ChosenPlansTest.class, "plan-rules.txt");
    }
}
