package io.github.clnorm.internal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.LocalMemoryType;
import io.github.clnorm.testing.TestInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CatalogueTest {

    @Test
    void hasTwelveGpus() {
        assertEquals(
                List.of(
                        "H200",
                        "RTX 4090",
                        "T4",
                        "MI300X",
                        "RX 7900 XTX",
                        "Vega 64",
                        "Arc A770",
                        "UHD 770",
                        "Iris Xe",
                        "M2",
                        "Mali-G78",
                        "Adreno 740"),
                Catalogue.ALL.stream().map(CataloguedGpu::key).toList());
    }

    @Test
    void everyFactHasASource() {
        Set<String> targets = new HashSet<>();
        for (CataloguedGpu gpu : Catalogue.ALL) {
            assertFalse(gpu.reported().source().isBlank(), gpu.key());
            assertFalse(gpu.built().source().isBlank(), gpu.key());
            assertTrue(gpu.built().estimates().contains("launch_us"), gpu.key() + " has no measured launch overhead");
            targets.add(gpu.target());
        }
        assertTrue(targets.containsAll(Set.of("sm_75", "sm_90", "gfx942", "gfx1100", "acm-g10", "tgllp")));
    }

    @Test
    void findsADeviceByWhatItsDriverReports() {
        for (CataloguedGpu gpu : Catalogue.ALL) {
            assertEquals(gpu, Catalogue.find(gpu.device()).orElseThrow());
            DeviceInfo other =
                    TestInfo.with(gpu.device(), "computeUnits", gpu.device().computeUnits() + 1);
            assertTrue(Catalogue.find(other).isEmpty(), gpu.key());
        }
        assertTrue(Catalogue.find(TestInfo.GPU).isEmpty());
    }

    @Test
    void unitsAreNotWhatDriversCount() {
        assertEquals(512, Catalogue.named("Arc A770").device().computeUnits());
        assertEquals(32, Catalogue.named("Arc A770").capacity().units().count());
        assertEquals(48, Catalogue.named("RX 7900 XTX").capacity().units().count());
        assertEquals(2, Catalogue.named("UHD 770").capacity().units().count());
    }

    @Test
    void onlyMaliHasLocalMemoryInGlobalMemory() {
        for (CataloguedGpu gpu : Catalogue.ALL) {
            boolean global = gpu.device().localMemoryType() == LocalMemoryType.GLOBAL;
            assertEquals(gpu.key().equals("Mali-G78"), global, gpu.key());
            assertEquals(global, gpu.capacity().local().bytes() == 0, gpu.key());
        }
    }
}
