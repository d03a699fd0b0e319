package io.github.clnorm.internal.driver;

import java.nio.file.Path;

/**
 * An ICD file, which tells the loader where a driver's library is. Immutable and thread-safe.
 *
 * @param file the file
 * @param library the library that it names
 * @param problem why the driver cannot be loaded through it, or null
 */
public record IcdFile(Path file, String library, String problem) {}
