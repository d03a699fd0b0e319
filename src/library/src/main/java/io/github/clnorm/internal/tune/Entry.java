package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A result of tuning: the fastest plan for a grouping on a device.
 *
 * <p>Immutable and thread-safe.
 *
 * @param device name of the device
 * @param platform name of the device's platform
 * @param driver version of the device's driver
 * @param computeUnits compute units of the device
 * @param kernels hash of the kernels that were timed
 * @param grouping what was computed
 * @param plan the fastest plan
 * @param microseconds time of the plan, from enqueue to finished
 * @param heuristicMicroseconds time of the heuristic's plan in the same rounds; equal if no plan beat it
 * @param date when it was measured
 */
public record Entry(
        String device,
        String platform,
        String driver,
        int computeUnits,
        String kernels,
        Grouping grouping,
        Plan plan,
        double microseconds,
        double heuristicMicroseconds,
        Instant date) {

    /** Identifies an entry: a file has at most one of each key. */
    record Key(String device, String platform, String driver, int computeUnits, String kernels, Grouping grouping) {}

    Key key() {
        return new Key(device, platform, driver, computeUnits, kernels, grouping);
    }

    /**
     * Whether the entry's plan is the heuristic's, because no plan was faster.
     *
     * @return false if another plan won
     */
    public boolean isHeuristic() {
        return microseconds >= heuristicMicroseconds;
    }

    /** Whether the entry is of a device like this one, under any driver. */
    boolean isOf(DeviceInfo info) {
        return device.equals(info.name()) && platform.equals(info.platform()) && computeUnits == info.computeUnits();
    }

    /** The form of the entry in files. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("device", device);
        map.put("platform", platform);
        map.put("driver", driver);
        map.put("compute_units", computeUnits);
        map.put("kernels", kernels);
        map.put("operation", grouping.operation().toString());
        map.put("direction", grouping.backward() ? "backward" : "forward");
        map.put("layout", grouping.layout().toString());
        map.put("dtype", grouping.type().toString());
        map.put("samples", grouping.samples());
        map.put("sets", grouping.sets());
        map.put("set_size", grouping.setSize());
        map.put("channels_per_set", grouping.channels());
        map.put("plan", PlanParts.of(plan));
        map.put("us", microseconds);
        map.put("heuristic_us", heuristicMicroseconds);
        map.put("date", date.truncatedTo(ChronoUnit.SECONDS).toString());
        return map;
    }

    /**
     * The entry of a value in a file.
     *
     * @throws IllegalArgumentException if this version does not know entries like it
     */
    static Entry of(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("an entry is an object, not " + value);
        }
        boolean backward = text(map, "direction").equals("backward");
        if (!backward && !text(map, "direction").equals("forward")) {
            throw new IllegalArgumentException("no such direction: " + text(map, "direction"));
        }
        if (!(map.get("plan") instanceof Map<?, ?> parts)) {
            throw new IllegalArgumentException("a plan is an object, not " + map.get("plan"));
        }
        Map<String, Object> plan = new LinkedHashMap<>();
        parts.forEach((name, part) -> plan.put(name.toString(), part));
        try {
            return new Entry(
                    text(map, "device"),
                    text(map, "platform"),
                    text(map, "driver"),
                    Math.toIntExact(whole(map, "compute_units")),
                    text(map, "kernels"),
                    new Grouping(
                            PlainOperation.parse(text(map, "operation")),
                            backward,
                            named(Layout.values(), text(map, "layout")),
                            named(ElementType.values(), text(map, "dtype")),
                            whole(map, "samples"),
                            whole(map, "sets"),
                            whole(map, "set_size"),
                            whole(map, "channels_per_set")),
                    PlanParts.plan(plan),
                    time(map, "us"),
                    time(map, "heuristic_us"),
                    Instant.parse(text(map, "date")));
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static <T> T named(T[] values, String name) {
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such name: " + name));
    }

    private static String text(Map<?, ?> map, String name) {
        if (map.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is a string, not " + map.get(name));
    }

    private static long whole(Map<?, ?> map, String name) {
        if (map.get(name) instanceof Number number
                && number.doubleValue() == number.longValue()
                && number.longValue() > 0) {
            return number.longValue();
        }
        throw new IllegalArgumentException(name + " is a whole number above 0, not " + map.get(name));
    }

    private static double time(Map<?, ?> map, String name) {
        if (map.get(name) instanceof Number number && number.doubleValue() > 0) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException(name + " is a number above 0, not " + map.get(name));
    }
}
