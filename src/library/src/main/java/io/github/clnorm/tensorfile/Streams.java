package io.github.clnorm.tensorfile;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** Opens standard input and output, pipes and devices. */
final class Streams {

    /** The name of standard input and standard output. */
    static final String STANDARD = "-";

    private static final Set<String> INPUT = Set.of("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0");
    private static final Set<String> OUTPUT = Set.of("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");
    private static final Set<String> ERROR = Set.of("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2");
    // Bits of st_mode in stat(2).
    private static final int KIND = 0170000;
    private static final int CHARACTER_DEVICE = 0020000;

    private Streams() {}

    /** Whether a path is a pipe, a socket or a device. */
    static boolean isSpecial(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    }

    /** Whether it is standard output or error under any name. A file to which it is redirected is never replaced. */
    static boolean isStandardOutput(Specification file) {
        return file.isStandard() || isNamed(file, OUTPUT) || isNamed(file, ERROR);
    }

    private static boolean isNamed(Specification file, Set<String> names) {
        return names.contains(file.path().toString());
    }

    /** A key that is equal for the same stream; null for a device, which accepts several tensors. */
    static String identity(Specification file, boolean output) throws IOException {
        if (file.isStandard() || isNamed(file, output ? OUTPUT : INPUT)) {
            return STANDARD;
        }
        if (output && isNamed(file, ERROR)) {
            return "standard error";
        }
        if (isCharacterDevice(file.path())) {
            return null;
        }
        // A shell's pipe has no path, but a file key.
        Object key =
                Files.readAttributes(file.path(), BasicFileAttributes.class).fileKey();
        return key == null ? file.path().toAbsolutePath().toString() : key.toString();
    }

    private static boolean isCharacterDevice(Path path) throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                && ((int) Files.getAttribute(path, "unix:mode") & KIND) == CHARACTER_DEVICE;
    }

    /** Opens an input. Closing standard input is a no-op. */
    static InputStream input(Specification file) throws IOException {
        if (file.isStandard() || isNamed(file, INPUT)) {
            return new FileInputStream(FileDescriptor.in) {
                @Override
                public void close() {
                    // Standard input belongs to the process.
                }
            };
        }
        return Files.newInputStream(file.path());
    }

    /** Opens an output. Closing standard output is a no-op. */
    static WritableByteChannel output(Specification file) throws IOException {
        if (isStandardOutput(file)) {
            // Reopening it by name would overwrite the beginning of a file to which it is redirected.
            FileDescriptor descriptor = isNamed(file, ERROR) ? FileDescriptor.err : FileDescriptor.out;
            return new Unclosed(new FileOutputStream(descriptor).getChannel());
        }
        return FileChannel.open(file.path(), StandardOpenOption.WRITE);
    }

    /** A channel of the process, which stays open. */
    private record Unclosed(FileChannel channel) implements WritableByteChannel {

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() {
            // Closing it would close standard output.
        }
    }
}
