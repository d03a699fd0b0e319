package io.github.clnorm.spark;

import io.github.clnorm.device.DeviceAddresses;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/**
 * Which device of its machine a task uses: the one with the address of Spark's resource {@code gpu}, as
 * {@link DeviceAddresses} reads it. The setting {@code spark.clnorm.device} has the selector of devices that may be
 * assigned; without it {@code $CLNORM_DEVICE} of the executor has it, and without both all GPUs may be. A task without such
 * a resource uses the best device that the selector matches.
 *
 * <p>Thread-safe.
 */
final class AssignedDevice {

    /** The setting with the selector. */
    static final String SELECTOR = "spark.clnorm.device";

    /** The resource, also in its own settings such as {@code spark.executor.resource.gpu.amount}. */
    static final String RESOURCE = "gpu";

    private static final System.Logger LOGGER = System.getLogger(AssignedDevice.class.getName());
    private static final Map<Assignment, DeviceInfo> FOUND = new ConcurrentHashMap<>();

    /** What a device is looked up by. */
    record Assignment(String selector, List<String> addresses) {}

    private AssignedDevice() {}

    /**
     * The device of the calling task.
     *
     * @return the device
     * @throws NoDeviceException if there is none, or the address is not one device's; the message lists the devices
     */
    static DeviceInfo ofTask() {
        TaskContext task = TaskContext.get();
        Assignment assignment = new Assignment(selector(), addresses(task));
        // Drivers are asked once for all tasks of an executor.
        return FOUND.computeIfAbsent(assignment, wanted -> {
            try {
                return find(wanted, Devices.platforms());
            } catch (NoDeviceException e) {
                throw new NoDeviceException(assigned(wanted) + e.getMessage(), e.findings());
            } catch (IllegalArgumentException e) {
                throw new NoDeviceException(assigned(wanted) + e.getMessage(), e);
            }
        });
    }

    /**
     * Finds a device.
     *
     * @param assignment the selector, which may be null, and the addresses, of which the first counts
     * @param platforms of the machine
     * @throws NoDeviceException if there is none
     * @throws IllegalArgumentException if the selector or the address is malformed
     */
    static DeviceInfo find(Assignment assignment, List<PlatformInfo> platforms) {
        if (assignment.addresses.isEmpty()) {
            DeviceSelector selector = DeviceSelector.parse(assignment.selector);
            return selector.matching(Devices.of(platforms)).stream().findFirst().orElseGet(selector::select);
        }
        DeviceAddresses addresses = DeviceAddresses.assignable(assignment.selector, platforms);
        String address = assignment.addresses.get(0);
        DeviceInfo device = addresses.device(address);
        addresses
                .guess(address)
                .ifPresent(sentence -> LOGGER.log(
                        System.Logger.Level.WARNING,
                        "{0} {1} is taken as {2}: {3}",
                        RESOURCE,
                        address,
                        device.selector(),
                        sentence));
        return device;
    }

    /** The selector that was set for the application; null if none was. */
    private static String selector() {
        SparkEnv environment = SparkEnv.get();
        return environment == null ? null : environment.conf().get(SELECTOR, null);
    }

    private static List<String> addresses(TaskContext task) {
        return task == null || !task.resourcesJMap().containsKey(RESOURCE)
                ? List.of()
                : List.of(task.resourcesJMap().get(RESOURCE).addresses());
    }

    private static String assigned(Assignment wanted) {
        return wanted.addresses.isEmpty()
                ? ""
                : "Spark has assigned the " + RESOURCE + " " + String.join(",", wanted.addresses) + ": ";
    }
}
