package io.github.clnorm.dl4j;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import java.util.HashMap;
import java.util.Map;

/**
 * One open backend for each device, shared by all layers of the process. Opened when a layer first needs it, and open
 * until the process ends, since DL4J does not close networks. Thread-safe.
 */
final class SharedBackends {

    private static final Map<String, Backend> BY_SELECTOR = new HashMap<>();
    private static final Map<DeviceInfo, Backend> BY_DEVICE = new HashMap<>();

    private SharedBackends() {}

    /**
     * The backend of the best device that matches.
     *
     * @param selector as {@link DeviceSelector} defines it; null for {@code $CLNORM_DEVICE}, or the best device
     * @return the backend; never closed
     * @throws io.github.clnorm.device.NoDeviceException if no device matches
     */
    static synchronized Backend on(String selector) {
        Backend known = BY_SELECTOR.get(selector);
        if (known == null) {
            known = BY_DEVICE.computeIfAbsent(DeviceSelector.parse(selector).select(), Backend::open);
            BY_SELECTOR.put(selector, known);
        }
        return known;
    }
}
