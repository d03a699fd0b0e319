package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.json.JsonException;
import io.github.clnorm.internal.json.JsonWriter;
import io.github.clnorm.internal.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The content of a tuning database: entries, and those that only another version of this program knows, kept as they are. */
final class TuningFile {

    /** Another number for whatever a reader of this one would misunderstand. */
    static final int FORMAT = 1;

    static final String KIND = "tuning";

    /** A later version of this program wrote it. */
    static final class NewerFormatException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        NewerFormatException(int format) {
            super("it is of format " + format + ", written by a newer version; this one knows format " + FORMAT);
        }
    }

    private final Map<Entry.Key, Entry> entries = new LinkedHashMap<>();
    private final Set<Object> unknown = new LinkedHashSet<>();

    /**
     * Reads a file's content.
     *
     * @throws IllegalArgumentException when it is no tuning database, with the reason
     */
    static TuningFile parse(byte[] text) {
        try {
            StrictJson reader = new StrictJson(text);
            Object root = reader.value();
            reader.end();
            if (root instanceof Map<?, ?> map
                    && KIND.equals(map.get("kind"))
                    && map.get("format") instanceof Double format
                    && format > FORMAT) {
                throw new NewerFormatException(format.intValue());
            }
            if (!(root instanceof Map<?, ?> map)
                    || !KIND.equals(map.get("kind"))
                    || !Objects.equals(map.get("format"), (double) FORMAT)
                    || !(map.get("entries") instanceof List<?> list)) {
                throw new IllegalArgumentException("it is not a tuning database of format " + FORMAT);
            }
            TuningFile file = new TuningFile();
            list.forEach(file::add);
            return file;
        } catch (JsonException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private void add(Object value) {
        Entry entry;
        try {
            entry = Entry.of(value);
        } catch (IllegalArgumentException e) {
            unknown.add(value);
            return;
        }
        add(entry);
    }

    /** Adds an entry, unless there is a newer one of the same: whether it is in now. */
    boolean add(Entry entry) {
        Entry old = entries.get(entry.key());
        if (old != null && old.date().isAfter(entry.date()) || entry.equals(old)) {
            return false;
        }
        entries.put(entry.key(), entry);
        return true;
    }

    /** Adds what another file has, the newest of each: how many entries are new or newer. */
    int add(TuningFile other) {
        int added = (int) other.entries.values().stream().filter(this::add).count();
        unknown.addAll(other.unknown);
        return added;
    }

    /** Adds what was measured just now, whatever was there: a clock may have been wrong before. */
    void put(TuningFile measured) {
        entries.putAll(measured.entries);
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    /** How many entries only another version knows. */
    int unknown() {
        return unknown.size();
    }

    /** As a file has it: a line for each entry, in an order that does not depend on when they came. */
    byte[] text() {
        List<String> lines = new ArrayList<>();
        entries.values().stream()
                .sorted(Comparator.comparing(
                                (Entry entry) -> entry.platform() + " " + entry.device() + " " + entry.driver())
                        .thenComparing(Entry::kernels)
                        .thenComparing(entry -> entry.grouping().operation())
                        .thenComparing(entry -> entry.grouping().backward())
                        .thenComparing(entry -> entry.grouping().toString()))
                .forEach(entry -> lines.add(JsonWriter.text(entry.toMap())));
        unknown.forEach(value -> lines.add(JsonWriter.text(value)));
        return ("{\n\"format\": " + FORMAT + ",\n\"kind\": " + JsonWriter.text(KIND) + ",\n\"entries\": ["
                        + lines.stream().map(line -> "\n" + line).collect(Collectors.joining(",")) + "\n]\n}\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
