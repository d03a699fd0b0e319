package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.PlanRules;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.Turns;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Plans whose launches take one share of the sets after another. */
class TurnsTest {

    @Test
    void everyWorkGroupIsInExactlyOneTurn() {
        for (long units : new long[] {1, 2, 7, 64, (1L << 31) + 5}) {
            for (int count : new int[] {1, 2, 3, 7}) {
                for (long perUnit : new long[] {1, 3, 1000}) {
                    if (count <= units) {
                        covers(new Launches.TurnShares(count, units), units, perUnit);
                    }
                }
            }
        }
    }

    private static void covers(Launches.TurnShares turns, long units, long perUnit) {
        long groups = units * perUnit;
        assertEquals(0, turns.from(0, groups));
        assertEquals(groups, turns.from(turns.count(), groups));
        for (int turn = 0; turn < turns.count(); turn++) {
            long taken = turns.from(turn + 1, groups) - turns.from(turn, groups);
            assertTrue(taken > 0 && taken % perUnit == 0, turns + ": " + taken + " of " + groups);
        }
    }

    @Test
    void turnsShareOutSetsOrSamples() {
        assertEquals(6, most(Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 3, 4, 300)));
        assertEquals(3, most(Operation.groupNorm(Layout.CHANNELS_LAST, 2, 3, 300, 20)));
        assertEquals(7, most(Operation.layerNorm(new long[] {7, 5000}, 5000)));
    }

    private static long most(Operation operation) {
        return Turns.most(Trial.of(operation, ElementType.FLOAT32).problem());
    }

    /** Forward and backward, also in place: a turn must not overwrite what a later one reads. */
    @Test
    @Tag("device")
    void theSameBitsAsInOneTurn() {
        Session session = TestDevices.first().session();
        for (Operation operation : List.of(
                Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 3, 4, 1500),
                Operation.groupNorm(Layout.CHANNELS_FIRST, 1, 3, 4, 1500),
                Operation.groupNorm(Layout.CHANNELS_LAST, 2, 3, 300, 20),
                Operation.batchNorm(Layout.CHANNELS_FIRST, 4, 6, 1500),
                Operation.layerNorm(new long[] {7, 5000}, 5000))) {
            Trial trial = Trial.of(operation, ElementType.FLOAT32).affine(ElementType.FLOAT32, 1);
            SplitPlan plan = Plan.split(8, 4, 2).withMergeLaunch(true);
            PlanRun expected = trial.run(session, plan);
            GradientTrial gradients = GradientTrial.of(trial);
            SplitPlan ofGradients = Plan.split(8, 4, 2);
            GradientRun expectedGradients = gradients.run(session, ofGradients);
            for (int turns = 2; turns <= 3; turns++) {
                for (boolean inPlace : new boolean[] {false, true}) {
                    String what = trial + ", " + turns + " turns" + (inPlace ? ", in place" : "");
                    PlanRun.assertSameBits(expected, PlanRun.of(session, trial, plan.withTurns(turns), inPlace), what);
                    GradientRun.assertSameBits(
                            expectedGradients,
                            GradientRun.of(session, gradients, ofGradients.withTurns(turns), inPlace),
                            what);
                }
            }
        }
    }

    /** Three launches in each of three turns, and at the end one for the gradients of the parameters. */
    @Test
    @Tag("device")
    void eachTurnLaunchesAllKernelsOfItsShare() {
        Session session = TestDevices.first().session();
        Trial trial = Trial.of(Operation.groupNorm(Layout.CHANNELS_FIRST, 2, 3, 4, 1500), ElementType.FLOAT32);
        SplitPlan plan = Plan.split(8, 4, 2).withMergeLaunch(true).withTurns(3);
        assertEquals(9, session.timed(() -> trial.run(session, plan)).launches());
        GradientTrial gradients = GradientTrial.of(trial);
        SplitPlan ofGradients = Plan.split(8, 4, 2).withTurns(3);
        assertEquals(
                10, session.timed(() -> gradients.run(session, ofGradients)).launches());
    }

    @Test
    void moreTurnsThanSharesAreRejected() {
        Trial trial = Trial.of(Operation.groupNorm(Layout.CHANNELS_LAST, 2, 3, 300, 20), ElementType.FLOAT32);
        SplitPlan plan = Plan.split(8, 4, 2).withMergeLaunch(true).withTurns(4);
        assertEquals(
                "4 turns, where there is work for at most 3",
                PlanRules.problem(plan, trial.problem(), TestInfo.CPU).orElseThrow());
        assertThrows(IllegalArgumentException.class, () -> plan.withTurns(0));
    }
}
