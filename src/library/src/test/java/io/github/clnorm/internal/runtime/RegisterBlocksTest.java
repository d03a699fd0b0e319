package io.github.clnorm.internal.runtime;

import static io.github.clnorm.type.ElementType.FLOAT16;
import static io.github.clnorm.type.ElementType.FLOAT32;
import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sets that teams hold in registers: the same bits as from memory, also of blocks that are summed twice. */
@Tag("slow")
@Tag("device")
class RegisterBlocksTest {

    private static final Plan RESIDENT = Plan.resident(128, 1).withSecondRead(SecondRead.REGISTERS);
    private static final Plan PACKED = Plan.packed(128, 1, 2).withSecondRead(SecondRead.REGISTERS);
    private static final Plan VECTORS = Plan.resident(32, 4).withSecondRead(SecondRead.REGISTERS);

    // Work-items that Mesa's device allows a work-group of these kernels.
    private static final int MOST_OF_MESA = 32;

    private static void same(Backend backend, Trial trial, Plan... plans) {
        Session session = backend.session();
        PlanRun expected = trial.run(session, Plan.resident(1, 4));
        trial.check(expected, trial.toString());
        for (Plan plan : plans) {
            if (plan.workGroupSize() > MOST_OF_MESA && Quirks.prefersWorkItemsToVectors(backend.device())) {
                continue;
            }
            assertEquals("", session.planner().problem(plan, trial.problem()).orElse(""), plan + " for " + trial);
            String what = trial + ", " + plan + " on " + backend.device().description();
            PlanRun.assertSameBits(expected, trial.run(session, plan), what);
            Errors.assertSameBits(
                    expected.output(), PlanRun.of(session, trial, plan, true).output(), what + ", in place");
        }
    }

    private static Trial affine(Operation operation) {
        return Trial.of(operation, FLOAT32).affine(FLOAT32, 1);
    }

    /** Blocks shorter than 64 elements, shorter than a block, whole ones, and two of them; a team without a set. */
    @OnEveryDevice
    void blocksOfEveryLength(Backend backend) {
        for (int length : new int[] {1, 3, 63, 64, 65, 130, 1023, 1024}) {
            same(backend, affine(Operation.layerNorm(new long[] {3, length}, length)), RESIDENT, PACKED, VECTORS);
        }
        for (int length : new int[] {1025, 1090, 2047, 2048}) {
            same(backend, affine(Operation.layerNorm(new long[] {3, length}, length)), RESIDENT, VECTORS);
        }
    }

    /** Runs that are shorter than a vector, end inside a vector, and end inside a block; sets of several rows. */
    @Test
    void runsOfEveryLength() {
        Backend backend = TestDevices.first();
        for (long[] shape : new long[][] {{2, 6, 2}, {1, 6, 3}, {2, 30, 5}, {1, 4, 67}, {2, 4, 200}, {1, 2, 700}}) {
            same(backend, affine(Operation.groupNorm(CHANNELS_FIRST, 2, shape)), RESIDENT, PACKED, VECTORS);
        }
        same(backend, affine(Operation.batchNorm(CHANNELS_FIRST, 2, 3, 70)), RESIDENT, VECTORS);
        same(backend, affine(Operation.groupNorm(CHANNELS_FIRST, 1, 1, 3, 367)), RESIDENT, VECTORS);
    }

    /** What is computed beside the normalization, and without a mean. */
    @Test
    void everythingElse() {
        Backend backend = TestDevices.first();
        Operation operation = Operation.groupNorm(CHANNELS_FIRST, 1, 2, 3, 367);
        same(backend, affine(operation).residual(3, true).activation(Activation.SILU), RESIDENT, VECTORS);
        same(backend, Trial.of(operation, FLOAT16).residual(3, false), RESIDENT, VECTORS);
        same(backend, affine(Operation.rmsNorm(new long[] {3, 1100}, 1100)), RESIDENT, VECTORS);
        same(backend, Trial.of(operation, FLOAT32), RESIDENT.withNonTemporal(true), VECTORS.withNonTemporal(true));
    }

    /** Blocks whose first elements differ much from the others, and blocks beyond the range of squares, among others. */
    @OnEveryDevice
    void blocksThatAreSummedTwice(Backend backend) {
        int length = 1500;
        Operation operation = Operation.layerNorm(new long[] {5, length}, length);
        double[] x = Values.normal(FLOAT32, 7, 5 * length, 3, 2);
        for (int i = 0; i < 64; i++) {
            x[length + i] += 1e4;
            x[2 * length + 1024 + i] *= 1e20;
        }
        for (int i = 0; i < length; i++) {
            x[3 * length + i] *= 1e-30;
        }
        x[4 * length + 1200] = Double.POSITIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) x[i];
        }
        same(backend, Trial.of(operation, FLOAT32, x), RESIDENT, VECTORS);
        same(backend, Trial.of(operation, FLOAT32, x).eps(1e-37), RESIDENT, VECTORS);
        x[100] = Double.NaN;
        same(backend, Trial.of(operation, FLOAT32, x), RESIDENT, VECTORS);
    }

    /** Backward: blocks with every kind of end, of runs and of rows, with and without the gradients of parameters. */
    @Test
    void gradients() {
        Session session = TestDevices.first().session();
        Plan launch = Plan.resident(128, 1).withSecondRead(SecondRead.REGISTERS).withParameterLaunch(true);
        for (Operation operation : List.of(
                Operation.groupNorm(CHANNELS_FIRST, 2, 3, 4, 17),
                Operation.groupNorm(CHANNELS_FIRST, 3, 2, 6, 1020),
                Operation.groupNorm(CHANNELS_FIRST, 1, 1, 2, 79),
                Operation.layerNorm(new long[] {5, 1024}, 1024),
                Operation.layerNorm(new long[] {5, 2003}, 2003),
                Operation.rmsNorm(new long[] {3, 1100}, 1100))) {
            Trial forward = affine(operation);
            for (Trial some : List.of(forward, forward.residual(3, false).activation(Activation.GELU))) {
                GradientTrial trial = GradientTrial.of(some);
                GradientRun expected = trial.run(session, Plan.split(1, 8, 4));
                int legal = 0;
                for (Plan plan : List.of(RESIDENT, launch, PACKED, RESIDENT.withNonTemporal(true))) {
                    if (session.planner().problem(plan, trial.problem()).isEmpty()) {
                        GradientRun.assertSameBits(expected, trial.run(session, plan), trial + ", " + plan);
                        GradientRun.assertSameBits(
                                expected, GradientRun.of(session, trial, plan, true), trial + ", in place, " + plan);
                        legal++;
                    }
                }
                assertTrue(legal >= 3, trial + ": only " + legal + " plans were legal");
            }
        }
    }

    @Test
    void setsThatDoNotFitAreRejected() {
        Trial blocks = affine(Operation.layerNorm(new long[] {3, 2049}, 2049));
        assertRejected("a set has 3 blocks, and the registers hold 2", blocks, RESIDENT);
        assertRejected("a set has 3 blocks, and the registers hold 1", blocks, PACKED);
        assertRejected("512 bytes", affine(Operation.layerNorm(new long[] {3, 64}, 64)), VECTORS.withVectorWidth(8));
        assertRejected(
                "work-item", affine(Operation.layerNorm(new long[] {3, 64}, 64)), RESIDENT.withWorkGroupSize(32));
    }

    @Test
    void gradientsThatDoNotFitAreRejected() {
        Trial shortEnd = affine(Operation.layerNorm(new long[] {3, 1030}, 1030));
        String problem = PlanRules.problem(RESIDENT, GradientTrial.of(shortEnd).problem(), TestInfo.GPU)
                .orElse("");
        assertTrue(problem.contains("fewer than 16 elements"), problem);
        Trial fits = affine(Operation.layerNorm(new long[] {3, 64}, 64));
        problem = PlanRules.problem(VECTORS, GradientTrial.of(fits).problem(), TestInfo.GPU)
                .orElse("");
        assertTrue(problem.contains("512 bytes"), problem);
    }

    @Test
    void workGroupsThatNeedTooManyRegistersAreRejected() {
        Trial forward = affine(Operation.layerNorm(new long[] {3, 1024}, 1024));
        Plan largest = RESIDENT.withWorkGroupSize(1024);
        assertEquals(
                "", PlanRules.problem(largest, forward.problem(), TestInfo.GPU).orElse(""));
        assertRejected("131072 bytes", forward, largest.withVectorWidth(2));
        String problem = PlanRules.problem(largest, GradientTrial.of(forward).problem(), TestInfo.GPU)
                .orElse("");
        assertTrue(problem.contains("131072 bytes"), problem);
    }

    private static void assertRejected(String reason, Trial trial, Plan plan) {
        String problem = PlanRules.problem(plan, trial.problem(), TestInfo.GPU).orElse("");
        assertTrue(problem.contains(reason), plan + ": " + problem);
    }
}
