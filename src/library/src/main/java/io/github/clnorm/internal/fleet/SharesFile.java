package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.json.JsonException;
import io.github.clnorm.internal.json.JsonWriter;
import io.github.clnorm.internal.json.StrictJson;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The content of a file of measured weights. Values that this version does not know are preserved. Not thread-safe. */
final class SharesFile {

    private static final int FORMAT = 1;
    private static final String KIND = "fleet";

    private final Map<ShareKey, ShareSearch.Found> entries = new LinkedHashMap<>();
    private final Set<Object> unknown = new LinkedHashSet<>();

    /**
     * Parses the content of a file.
     *
     * @throws IllegalArgumentException if it is not a file of weights, with the reason
     */
    static SharesFile parse(byte[] text) {
        try {
            StrictJson reader = new StrictJson(text);
            Object root = reader.value();
            reader.end();
            if (!(root instanceof Map<?, ?> map)
                    || !KIND.equals(map.get("kind"))
                    || !Objects.equals(map.get("format"), (double) FORMAT)
                    || !(map.get("entries") instanceof List<?> list)) {
                throw new IllegalArgumentException("it is not a file of fleets' weights of format " + FORMAT);
            }
            SharesFile file = new SharesFile();
            list.forEach(file::add);
            return file;
        } catch (JsonException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private void add(Object value) {
        try {
            Map<?, ?> map = of(Map.class, value);
            List<ShareKey.Part> devices = new ArrayList<>();
            for (Object device : of(List.class, map.get("devices"))) {
                Map<?, ?> part = of(Map.class, device);
                devices.add(new ShareKey.Part(
                        of(String.class, part.get("device")),
                        of(String.class, part.get("platform")),
                        of(String.class, part.get("driver")),
                        of(Double.class, part.get("compute_units")).intValue()));
            }
            ShareKey key = new ShareKey(
                    devices,
                    of(String.class, map.get("operation")),
                    named(ElementType.values(), map.get("dtype")),
                    named(Layout.values(), map.get("layout")),
                    of(Double.class, map.get("sample_bytes")).longValue(),
                    of(Double.class, map.get("bytes")).longValue());
            List<String> leftOut = new ArrayList<>();
            for (Object reason : of(List.class, map.get("left_out"))) {
                leftOut.add(of(String.class, reason));
            }
            ShareSearch.Found found = new ShareSearch.Found(
                    numbers(map.get("weights")),
                    numbers(map.get("alone_us")),
                    of(Double.class, map.get("together_us")) * 1e3,
                    List.copyOf(leftOut));
            for (int i = 0; i < found.alone().length; i++) {
                found.alone()[i] = found.alone()[i] < 0 ? Double.POSITIVE_INFINITY : found.alone()[i] * 1e3;
            }
            if (found.weights().length != devices.size()
                    || found.alone().length != devices.size()
                    || leftOut.size() != devices.size()
                    || Math.abs(Arrays.stream(found.weights()).sum() - 1) > 1e-6
                    || Arrays.stream(found.weights()).anyMatch(weight -> weight < 0)) {
                throw new IllegalArgumentException("weights do not fit the devices");
            }
            put(key, found);
        } catch (IllegalArgumentException e) {
            unknown.add(value);
        }
    }

    private static <T> T of(Class<T> type, Object value) {
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("expected a " + type.getSimpleName() + ", got " + value);
        }
        return type.cast(value);
    }

    private static <T> T named(T[] values, Object name) {
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such name: " + name));
    }

    private static double[] numbers(Object value) {
        List<?> list = of(List.class, value);
        return list.stream().mapToDouble(number -> of(Double.class, number)).toArray();
    }

    ShareSearch.Found get(ShareKey key) {
        return entries.get(key);
    }

    void put(ShareKey key, ShareSearch.Found found) {
        entries.put(key, found);
    }

    /** Adds what another file has and this one does not. */
    void putMissing(SharesFile other) {
        other.entries.forEach(entries::putIfAbsent);
        unknown.addAll(other.unknown);
    }

    /** The text of the file: one line for each entry. */
    byte[] text() {
        List<String> lines = new ArrayList<>();
        entries.forEach((key, found) -> lines.add(JsonWriter.text(value(key, found))));
        unknown.forEach(value -> lines.add(JsonWriter.text(value)));
        return ("{\n\"format\": " + FORMAT + ",\n\"kind\": " + JsonWriter.text(KIND) + ",\n\"entries\": ["
                        + lines.stream().map(line -> "\n" + line).collect(Collectors.joining(",")) + "\n]\n}\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, Object> value(ShareKey key, ShareSearch.Found found) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(
                "devices",
                key.devices().stream()
                        .map(part -> {
                            Map<String, Object> device = new LinkedHashMap<>();
                            device.put("device", part.device());
                            device.put("platform", part.platform());
                            device.put("driver", part.driver());
                            device.put("compute_units", (double) part.computeUnits());
                            return device;
                        })
                        .toList());
        map.put("operation", key.operation());
        map.put("dtype", key.type().toString());
        map.put("layout", key.layout().toString());
        map.put("sample_bytes", (double) key.sampleBytes());
        map.put("bytes", (double) key.bytes());
        map.put("weights", Arrays.stream(found.weights()).boxed().toList());
        // -1 for a device that cannot do the work: JSON has no infinity.
        map.put(
                "alone_us",
                Arrays.stream(found.alone())
                        .mapToObj(time -> Double.isInfinite(time) ? -1.0 : time / 1e3)
                        .toList());
        map.put("together_us", found.together() / 1e3);
        map.put("left_out", found.leftOut());
        return map;
    }
}
