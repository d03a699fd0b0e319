package io.github.clnorm.tools.cluster;

import io.github.clnorm.device.DeviceInfo;
import java.io.IOException;
import java.io.Serializable;
import java.util.function.BooleanSupplier;

/** Measures one device. Sent to the machines. */
@FunctionalInterface
public interface DeviceMeasure extends Serializable {

    /**
     * Measures a device of this machine.
     *
     * @param device the device
     * @param stop whether to stop early
     * @return a document of {@code clnorm bench --json}
     */
    String json(DeviceInfo device, BooleanSupplier stop) throws IOException;
}
