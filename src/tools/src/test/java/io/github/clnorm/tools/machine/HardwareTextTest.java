package io.github.clnorm.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.model.Catalogue;
import org.junit.jupiter.api.Test;

class HardwareTextTest {

    @Test
    void aCataloguedGpu() {
        assertEquals(
                "512 compute units taken as 32 units (Xe-core of the catalogue's Arc A770), local memory is dedicated,"
                        + " sub-groups of 8, 16, 32, architecture 12.55.8",
                HardwareText.of(Catalogue.named("Arc A770").device()));
    }

    /** A driver that reports nothing, and a device that nobody catalogued. */
    @Test
    void anUnknownGpu() {
        DeviceInfo arc = Catalogue.named("Arc A770").device();
        DeviceInfo unknown = new DeviceInfo(
                arc.identity(),
                new DeviceInfo.Processor(96, 2000),
                arc.memory(),
                arc.workGroup(),
                arc.arithmetic(),
                null);
        assertEquals("96 compute units taken as 6 units (by the vendor's rule)", HardwareText.of(unknown));
    }
}
