package io.github.clnorm.internal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.testing.TestInfo;
import org.junit.jupiter.api.Test;

/** The rules of the vendors, for devices that are not in the catalogue. */
class CapacitiesTest {

    @Test
    void rulesCountTheUnitsOfTheCatalogue() {
        for (CataloguedGpu gpu : Catalogue.ALL) {
            Capacity rules = Capacities.byRules(gpu.device());
            assertEquals(gpu.capacity().units().count(), rules.units().count(), gpu.key());
        }
    }

    /** What is not known is assumed to be small. */
    @Test
    void rulesAreCautious() {
        for (CataloguedGpu gpu : Catalogue.ALL) {
            Capacity rules = Capacities.byRules(gpu.device());
            Capacity known = gpu.capacity();
            assertTrue(rules.memory().rate() <= known.memory().rate(), gpu.key());
            assertTrue(rules.memory().rate() >= known.memory().rate() / 4, gpu.key());
            assertTrue(rules.slots().workItems() <= known.slots().workItems(), gpu.key());
            assertTrue(rules.slots().registers() <= known.slots().registers(), gpu.key());
            assertTrue(rules.local().bytes() <= known.local().bytes(), gpu.key());
        }
    }

    @Test
    void mesaCountsTheComputeUnitsOfRdna() {
        DeviceInfo rocm = TestInfo.with(Catalogue.named("RX 7900 XTX").device(), "name", "gfx1101");
        assertEquals(48, Capacities.of(rocm).units().count());
        DeviceInfo mesa = new DeviceInfo(
                new DeviceInfo.Identity(
                        0,
                        0,
                        "rusticl",
                        "AMD",
                        "AMD Radeon RX 7900 XTX (radeonsi, navi31, LLVM 17)",
                        rocm.type(),
                        "24.0",
                        "OpenCL 3.0"),
                new DeviceInfo.Processor(96, 2500),
                rocm.memory(),
                rocm.workGroup(),
                rocm.arithmetic(),
                null);
        assertEquals(48, Capacities.of(mesa).units().count());
    }

    @Test
    void generationsOfIntelHaveUnitsOfTheirOwn() {
        DeviceInfo arc = TestInfo.with(Catalogue.named("Arc A770").device(), "name", "Intel(R) Graphics");
        assertEquals(32, Capacities.of(arc).units().count());
        assertEquals(
                64,
                Capacities.of(TestInfo.with(arc, "architecture", "12.60.7"))
                        .units()
                        .count());
        assertEquals(
                64,
                Capacities.of(TestInfo.with(arc, "architecture", "20.1.4"))
                        .units()
                        .count());
        assertEquals(
                3,
                Capacities.of(TestInfo.with(TestInfo.with(arc, "architecture", "9.0.9"), "computeUnits", 24))
                        .units()
                        .count());
        assertEquals(
                1, Capacities.of(TestInfo.with(arc, "computeUnits", 0)).units().count());
    }

    /** Data center devices hold more work-items. An answer that is no version counts as unknown. */
    @Test
    void capabilitiesTellDataCenterDevices() {
        DeviceInfo nvidia = TestInfo.with(Catalogue.named("RTX 4090").device(), "name", "NVIDIA");
        for (String center : new String[] {"6.0", "7.0", "8.0", "9.0", "10.0", "10.3"}) {
            assertEquals(2048, workItems(TestInfo.with(nvidia, "architecture", center)), center);
        }
        for (String other :
                new String[] {"", "3.0", "5.0", "6.1", "8.6", "8.9", "11.0", "12.0", "abc.d", "99999999999.1"}) {
            assertEquals(1536, workItems(TestInfo.with(nvidia, "architecture", other)), other);
        }
        assertEquals(1024, workItems(TestInfo.with(nvidia, "architecture", "7.5")));
    }

    private static int workItems(DeviceInfo device) {
        return Capacities.of(device).slots().workItems();
    }
}
