package io.github.clnorm.device;

import io.github.clnorm.internal.driver.Diagnosis;
import io.github.clnorm.internal.driver.DriverText;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Selects devices by comma-separated terms, all of which must match.
 *
 * <ul>
 *   <li>{@code gpu}, {@code cpu}, {@code accelerator}: the type; {@code any}: every device
 *   <li>{@code PLATFORM:DEVICE}: the indices of {@link DeviceInfo#selector()}
 *   <li>any other word: part of the device's name, vendor or platform name, ignoring case
 * </ul>
 *
 * <p>If several devices match, the best one is selected: GPU before accelerator before CPU, then the largest compute
 * units × clock, then the first.
 *
 * <p>Immutable and thread-safe.
 */
public final class DeviceSelector {

    /** The environment variable that holds the default selector. */
    public static final String ENVIRONMENT = "CLNORM_DEVICE";

    private static final Comparator<DeviceInfo> BEST_FIRST = Comparator.comparing(DeviceInfo::type)
            .thenComparing(Comparator.comparingLong(DeviceInfo::rate).reversed());

    private final String text;
    private final String origin;
    private final List<String> terms;

    private DeviceSelector(String text, String origin, List<String> terms) {
        this.text = text;
        this.origin = origin;
        this.terms = terms;
    }

    /**
     * Parses a selector.
     *
     * @param text the terms, for example {@code gpu,nvidia}; null or blank means {@code $CLNORM_DEVICE}, or every
     *     device if that is not set
     * @return the selector
     * @throws IllegalArgumentException if a term is empty
     */
    public static DeviceSelector parse(String text) {
        return parse(text, "any");
    }

    /** Parses a selector, or what is taken if neither it nor the environment has one. */
    static DeviceSelector parse(String text, String otherwise) {
        String given = text;
        String origin = "";
        if (given == null || given.isBlank()) {
            String environment = System.getenv(ENVIRONMENT);
            boolean isSet = environment != null && !environment.isBlank();
            given = isSet ? environment : otherwise;
            origin = isSet ? " (" + ENVIRONMENT + ")" : "";
        }
        List<String> terms = Arrays.stream(given.split(",", -1))
                .map(term -> term.strip().toLowerCase(Locale.ROOT))
                .toList();
        if (terms.contains("")) {
            throw new IllegalArgumentException("device selector '" + DriverText.printable(given)
                    + "' has an empty term: expected words separated by single commas");
        }
        return new DeviceSelector(DriverText.printable(given), origin, terms);
    }

    /**
     * Returns the best device of this machine that matches.
     *
     * @return the device
     * @throws NoDeviceException if none matches; the message lists the devices, or the problems and their remedies
     */
    public DeviceInfo select() {
        return select(Devices.platforms());
    }

    DeviceInfo select(List<PlatformInfo> platforms) {
        return matching(Devices.of(platforms)).stream().findFirst().orElseThrow(() -> noDevice(platforms));
    }

    /**
     * Returns the devices that match, best first.
     *
     * @param devices the devices to choose from
     * @return the devices that match all terms
     */
    public List<DeviceInfo> matching(List<DeviceInfo> devices) {
        return devices.stream().filter(this::matches).sorted(BEST_FIRST).toList();
    }

    private boolean matches(DeviceInfo device) {
        return terms.stream().allMatch(term -> matches(term, device));
    }

    private static boolean matches(String term, DeviceInfo device) {
        if (term.matches("\\d+:\\d+")) {
            return term.equals(device.selector());
        }
        return switch (term) {
            case "any" -> true;
            case "gpu", "cpu", "accelerator" -> device.type().word().equals(term);
            default -> (device.name() + "\n" + device.vendor() + "\n" + device.platform())
                    .toLowerCase(Locale.ROOT)
                    .contains(term);
        };
    }

    private NoDeviceException noDevice(List<PlatformInfo> platforms) {
        List<DeviceInfo> devices = Devices.of(platforms);
        if (!devices.isEmpty()) {
            String there = devices.stream()
                    .map(device -> device.selector() + " " + device.type().word() + " " + device.name())
                    .collect(Collectors.joining("; "));
            return NoDeviceException.amongOthers("no OpenCL device matches '" + text + "'" + origin + ". There is: "
                    + there + ". Select one of these by its numbers or by a part of its name");
        }
        return Diagnosis.ofThisMachine().noDevice(", looking for '" + text + "'" + origin, platforms);
    }

    @Override
    public String toString() {
        return text;
    }
}
