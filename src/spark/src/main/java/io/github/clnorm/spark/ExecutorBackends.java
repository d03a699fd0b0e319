package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import java.util.HashMap;
import java.util.Map;

/**
 * One open backend for each device of this process, shared by all tasks of an executor. Opened when a task first needs
 * it, and closed when the executor ends. Thread-safe.
 */
final class ExecutorBackends {
    private static final Map<DeviceInfo, Backend> OPEN = new HashMap<>();

    private ExecutorBackends() {}

    /**
     * The backend of the device that the calling task shall use.
     *
     * @return the backend; the task does not close it
     * @throws io.github.clnorm.device.NoDeviceException if this executor has no such device
     */
    static Backend ofTask() {
        return of(AssignedDevice.ofTask());
    }

    private static synchronized Backend of(DeviceInfo device) {
        if (OPEN.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(ExecutorBackends::closeAll, "clnorm-close"));
        }
        return OPEN.computeIfAbsent(device, Backend::open);
    }

    private static synchronized void closeAll() {
        OPEN.values().forEach(Backend::close);
        OPEN.clear();
    }
}
