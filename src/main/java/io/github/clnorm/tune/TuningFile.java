package io.github.clnorm.tune;

import io.github.clnorm.json.JsonException;
import io.github.clnorm.json.JsonReader;
import io.github.clnorm.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The content of a tuning database: entries, and those that only another version of this program knows, kept as they are. */
final class TuningFile {

    /** Another number for whatever a reader of this one would misunderstand. */
    static final int FORMAT = 1;

    static final String KIND = "tuning";

    private final Map<Entry.Key, Entry> entries = new LinkedHashMap<>();
    private final List<Object> unknown = new ArrayList<>();

    /**
     * Reads a file's content.
     *
     * @throws IllegalArgumentException when it is no tuning database, with the reason
     */
    static TuningFile parse(byte[] text) {
        try {
            JsonReader reader = new JsonReader(text);
            Object root = reader.value();
            reader.end();
            if (!(root instanceof Map<?, ?> map)
                    || !KIND.equals(map.get("kind"))
                    || !Objects.equals(map.get("format"), (double) FORMAT)
                    || !(map.get("entries") instanceof List<?> list)) {
                throw new IllegalArgumentException("it is no tuning database of format " + FORMAT);
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
            addUnknown(value);
            return;
        }
        add(entry);
    }

    private void addUnknown(Object value) {
        if (!unknown.contains(value)) {
            unknown.add(value);
        }
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
        other.unknown.forEach(this::addUnknown);
        return added;
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
                .sorted(Comparator.comparing((Entry entry) -> entry.platform() + " " + entry.device() + " " + entry.driver())
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
