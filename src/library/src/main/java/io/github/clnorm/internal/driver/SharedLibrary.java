package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Loads shared libraries and returns the dynamic linker's errors. Thread-safe. */
final class SharedLibrary {

    // Offsets and values in the header of a 64-bit ELF file.
    private static final int HEADER_BYTES = 64;
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_AT = 4;
    private static final int CLASS_64 = 2;
    private static final int PROGRAM_HEADERS_AT = 32;
    private static final int PROGRAM_HEADER_SIZE_AT = 54;
    private static final int PROGRAM_HEADER_COUNT_AT = 56;

    private SharedLibrary() {}

    /**
     * Loads a library into this process.
     *
     * @param library the file
     * @return the reason why it cannot be loaded, on one line; empty if it is loaded
     */
    static Optional<String> error(Path library) {
        try {
            Optional<String> damage = damage(library);
            if (damage.isPresent()) {
                return damage;
            }
            System.load(library.toAbsolutePath().toString());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("it cannot be read");
        } catch (UnsatisfiedLinkError e) {
            // Both the JVM and the linker prepend the file's name.
            String reason = DriverText.printable(String.valueOf(e.getMessage()));
            String prefix = library.toAbsolutePath() + ": ";
            while (reason.startsWith(prefix)) {
                reason = reason.substring(prefix.length());
            }
            return Optional.of(reason);
        }
    }

    /** Checks the header. For a file that is not a library, the JVM would print a warning to standard output. */
    private static Optional<String> damage(Path library) throws IOException {
        if (!Files.isRegularFile(library)) {
            return Optional.of("it is not a file");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(library)) {
            bytes = in.readNBytes(HEADER_BYTES);
        }
        if (bytes.length < HEADER_BYTES) {
            return Optional.of("the file is too short");
        }
        ByteBuffer header = ByteBuffer.wrap(bytes);
        if (header.getInt(0) != MAGIC) {
            return Optional.of("it is not a shared library");
        }
        if (header.get(CLASS_AT) != CLASS_64) {
            return Optional.of("it is a 32-bit library");
        }
        header.order(ByteOrder.nativeOrder());
        int headers = Short.toUnsignedInt(header.getShort(PROGRAM_HEADER_SIZE_AT))
                * Short.toUnsignedInt(header.getShort(PROGRAM_HEADER_COUNT_AT));
        long at = header.getLong(PROGRAM_HEADERS_AT);
        return at < HEADER_BYTES || at + headers > Files.size(library)
                ? Optional.of("the file is damaged or too short")
                : Optional.empty();
    }
}
