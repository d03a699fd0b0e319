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

/** The content of a tuning database: entries, and unknown values of other versions of this program, which are preserved. */
final class TuningFile {

    /** Changes when older readers would misunderstand the file. */
    static final int FORMAT = 1;

    static final String KIND = "tuning";

    /** A later version of this program wrote the file. */
    static final class NewerFormatException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        NewerFormatException(int format) {
            super("it is of format " + format + ", written by a newer version; this one knows format " + FORMAT);
        }
    }

    private final Map<Entry.Key, Entry> entries = new LinkedHashMap<>();
    private final Set<Object> unknown = new LinkedHashSet<>();

    /**
     * Parses the content of a file.
     *
     * @throws IllegalArgumentException if it is not a tuning database, with the reason
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

    /** Adds an entry unless there is a newer one of the same key. Returns whether it was added. */
    boolean add(Entry entry) {
        Entry old = entries.get(entry.key());
        if (old != null && old.date().isAfter(entry.date()) || entry.equals(old)) {
            return false;
        }
        entries.put(entry.key(), entry);
        return true;
    }

    /** Adds the entries of another file, the newest of each key. Returns how many are new or newer. */
    int add(TuningFile other) {
        int added = (int) other.entries.values().stream().filter(this::add).count();
        unknown.addAll(other.unknown);
        return added;
    }

    /** Adds entries that were measured just now, also over newer ones: the clock may have been wrong before. */
    void put(TuningFile measured) {
        entries.putAll(measured.entries);
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    /** The number of unknown values. */
    int unknown() {
        return unknown.size();
    }

    /** The text of the file: one line for each entry, in an order that does not depend on when they were added. */
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
