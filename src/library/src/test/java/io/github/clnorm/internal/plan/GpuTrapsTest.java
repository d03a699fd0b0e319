package io.github.clnorm.internal.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Catalogue;
import io.github.clnorm.internal.model.CataloguedGpu;
import io.github.clnorm.testing.TestInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No plan of a GPU falls into a trap of its driver. */
class GpuTrapsTest {

    private static List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        PlanGrid.geometries().values().forEach(geometry -> {
            problems.add(PlanGrid.forward(geometry));
            problems.add(PlanGrid.backward(geometry));
        });
        return problems;
    }

    private static Plan chosen(Problem problem, DeviceInfo device) {
        return Heuristics.choose(problem, device, device.maxWorkGroupSize()).plan();
    }

    private static DeviceInfo device(String key) {
        return Catalogue.named(key).device();
    }

    @Test
    void everyChoiceIsLegal() {
        for (CataloguedGpu gpu : Catalogue.ALL) {
            for (Problem problem : problems()) {
                Plan plan = chosen(problem, gpu.device());
                assertEquals(
                        "",
                        PlanRules.problem(plan, problem, gpu.device()).orElse(""),
                        gpu.key() + ", " + problem + ": " + plan);
            }
        }
    }

    @Test
    void appleGetsNoSmallWorkGroups() {
        DeviceInfo apple = device("M2");
        for (Problem problem : problems()) {
            Plan plan = chosen(problem, apple);
            assertTrue(plan.workGroupSize() >= 64, plan.toString());
            assertTrue(PlanRules.problem(Plan.split(16, 4, 1).withMergeLaunch(true), problem, apple)
                    .orElse("")
                    .contains("fewer than 64"));
        }
    }

    @Test
    void nothingIsKeptInLocalMemoryThatIsGlobal() {
        DeviceInfo mali = device("Mali-G78");
        Problem rows = PlanGrid.forward(PlanGrid.geometries().get("layer_norm 4096x768"));
        Plan kept = Plan.packed(64, 4, 1).withSecondRead(SecondRead.LOCAL);
        assertTrue(PlanRules.problem(kept, rows, mali).orElse("").contains("global memory"));
        assertTrue(PlanRules.problem(kept, rows, device("Adreno 740")).isEmpty());
        for (Problem problem : problems()) {
            Plan plan = chosen(problem, mali);
            assertFalse(plan instanceof WholeSetsPlan whole && whole.secondRead() == SecondRead.LOCAL, plan.toString());
        }
    }

    @Test
    void rocmsLimitOfAWorkGroupHolds() {
        for (String key : List.of("MI300X", "RX 7900 XTX", "Vega 64")) {
            for (Problem problem : problems()) {
                Plan plan = chosen(problem, device(key));
                assertTrue(plan.workGroupSize() <= 256, plan.toString());
            }
        }
    }

    @Test
    void intelGetsNoVectorsOfTwoAndPonteVecchioScalars() {
        DeviceInfo arc = device("Arc A770");
        DeviceInfo pvc = TestInfo.with(
                TestInfo.with(arc, "name", "Intel(R) Data Center GPU Max 1550"), "architecture", "12.60.7");
        assertEquals(List.of(4, 1), Quirks.vectorWidths(arc));
        assertEquals(List.of(1), Quirks.vectorWidths(pvc));
        assertEquals(List.of(4, 2, 1), Quirks.vectorWidths(device("H200")));
        for (Problem problem : problems()) {
            assertFalse(chosen(problem, arc).vectorWidth() == 2);
            assertEquals(1, chosen(problem, pvc).vectorWidth());
        }
    }

    @Test
    void intelHoldsSetsInScalarsOnly() {
        for (String key : List.of("Arc A770", "UHD 770", "Iris Xe")) {
            for (Problem problem : problems()) {
                Plan plan = chosen(problem, device(key));
                boolean held = plan instanceof WholeSetsPlan whole && whole.secondRead() == SecondRead.REGISTERS;
                assertFalse(held && plan.vectorWidth() > 1, key + ": " + plan);
            }
        }
    }

    /** Merging 16,384 blocks in each of many work-groups takes longer than the rest of the pass. */
    @Test
    void manyBlocksAreMergedOnce() {
        Problem problem = PlanGrid.forward(PlanGrid.geometries().get("group_norm 1x64x262144 G=1"));
        for (CataloguedGpu gpu : Catalogue.ALL) {
            SplitPlan split = (SplitPlan) chosen(problem, gpu.device());
            assertTrue(split.mergeLaunch(), gpu.key() + ": " + split);
        }
    }
}
