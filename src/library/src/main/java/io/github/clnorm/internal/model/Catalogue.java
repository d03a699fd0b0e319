package io.github.clnorm.internal.model;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** GPUs whose hardware is known, from the resource {@code catalogue.json}. Thread-safe. */
public final class Catalogue {

    private static final String RESOURCE = "catalogue.json";

    /** All GPUs, in the order of the resource. Read on first use. */
    public static final List<CataloguedGpu> ALL = read();

    private Catalogue() {}

    /**
     * The hardware of a device.
     *
     * @param device as its driver describes it
     * @return the entry of the same platform, name and number of compute units; empty if there is none
     */
    public static Optional<CataloguedGpu> find(DeviceInfo device) {
        return ALL.stream()
                .filter(gpu -> gpu.device().name().equals(device.name())
                        && gpu.device().platform().equals(device.platform())
                        && gpu.device().computeUnits() == device.computeUnits())
                .findFirst();
    }

    /**
     * A GPU of the catalogue by its short name.
     *
     * @param key such as {@code RTX 4090}
     * @return the entry
     * @throws IllegalArgumentException if there is none
     */
    public static CataloguedGpu named(String key) {
        return ALL.stream()
                .filter(gpu -> gpu.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no GPU of the catalogue is named " + key));
    }

    private static List<CataloguedGpu> read() {
        try (InputStream resource = Catalogue.class.getResourceAsStream(RESOURCE)) {
            List<?> entries = (List<?>) new StrictJson(resource.readAllBytes()).value();
            return entries.stream()
                    .map(CatalogueEntry::new)
                    .map(CatalogueEntry::gpu)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
