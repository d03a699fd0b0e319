package io.github.clnorm.internal.tune;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/** The entries that the library contains, for devices on which it was tuned. Thread-safe. */
final class ShippedEntries {

    private static final String RESOURCE = "shipped.json";

    /** Read on first use. */
    static final Collection<Entry> ALL = read(ShippedEntries.class.getResourceAsStream(RESOURCE));

    private ShippedEntries() {}

    /** The entries of a resource; none if it is null. */
    static Collection<Entry> read(InputStream resource) {
        if (resource == null) {
            return List.of();
        }
        try (resource) {
            return List.copyOf(TuningFile.parse(resource.readAllBytes()).entries());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
