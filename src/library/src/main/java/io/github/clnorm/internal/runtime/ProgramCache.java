package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.cache.OwnFile;
import io.github.clnorm.internal.cache.UntrustedException;
import io.github.clnorm.internal.files.FileReplacements;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Compiled programs in a folder, for later processes. The name of a program's file is a hash of its source, options, device
 * and driver. Errors of the file system are ignored: the program is then compiled again. Files that another user could have
 * written are not loaded. Several processes may use one folder at a time.
 */
final class ProgramCache {

    static final long MOST_BYTES = 256L << 20;

    private static final String FOLDER = "programs";
    private static final String SUFFIX = ".clbin";
    private static final String PART = ".part";
    // Every file begins with this line, and then a hash of name and binary.
    private static final byte[] BEGINNING = "clnorm program 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;
    private static final long PART_MILLISECONDS = 3_600_000;

    // Null if there is no cache folder.
    private final Path folder;
    private final long mostBytes;

    ProgramCache(Path folder, long mostBytes) {
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    /** The cache in the user's cache folder. */
    static ProgramCache ofUser() {
        return new ProgramCache(
                CacheFolder.path().map(path -> path.resolve(FOLDER)).orElse(null), MOST_BYTES);
    }

    /** The name of a program: a hash of its source and options and of the device and driver that compiled it. */
    static String name(DeviceInfo device, String source, String options) {
        MessageDigest digest = sha256();
        for (String part : List.of(
                device.platform(),
                device.vendor(),
                device.name(),
                device.driver(),
                device.version(),
                options,
                source)) {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The binary of a name, if there is one and it is undamaged. */
    Optional<byte[]> find(String name) {
        if (folder == null) {
            return Optional.empty();
        }
        Path file = file(name);
        try {
            byte[] content = OwnFile.read(file, mostBytes);
            int start = BEGINNING.length + HASH_BYTES;
            if (content.length >= start
                    && Arrays.equals(content, 0, BEGINNING.length, BEGINNING, 0, BEGINNING.length)) {
                byte[] binary = Arrays.copyOfRange(content, start, content.length);
                if (Arrays.equals(content, BEGINNING.length, start, hash(name, binary), 0, HASH_BYTES)) {
                    touch(file);
                    return Optional.of(binary);
                }
            }
            forget(name);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (UntrustedException e) {
            CacheFolder.warn(e.getMessage());
        } catch (IOException e) {
            // A pipe, a link, or a file larger than the cache's limit.
            forget(name);
        }
        return Optional.empty();
    }

    /** Stores a binary under a name, and deletes the least recently used files beyond the size limit. */
    void store(String name, byte[] binary) {
        if (folder == null || binary.length > mostBytes) {
            return;
        }
        try {
            CacheFolder.create(folder);
            ByteArrayOutputStream content = new ByteArrayOutputStream(binary.length + BEGINNING.length + HASH_BYTES);
            content.writeBytes(BEGINNING);
            content.writeBytes(hash(name, binary));
            content.writeBytes(binary);
            if (Files.isSymbolicLink(file(name))) {
                // Not created by clnorm: do not write through it.
                forget(name);
            }
            FileReplacements.replace(file(name), content.toByteArray(), true);
            prune();
        } catch (IOException e) {
            // Such as a full disk, or a folder of another user: the next process compiles again.
        }
    }

    /** Deletes the file of a name. */
    void forget(String name) {
        if (folder != null) {
            delete(file(name));
        }
    }

    private Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }

    private static void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
        } catch (IOException e) {
            // The file is deleted a little earlier.
        }
    }

    private record Kept(Path file, long bytes, long used) {}

    private void prune() throws IOException {
        List<Kept> kept = new ArrayList<>();
        long bytes = 0;
        long now = System.currentTimeMillis();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "[!.]*{" + SUFFIX + "," + PART + "}")) {
            for (Path file : files) {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                long used = attributes.lastModifiedTime().toMillis();
                if (!file.toString().endsWith(PART)) {
                    kept.add(new Kept(file, attributes.size(), used));
                    bytes += attributes.size();
                } else if (now - used > PART_MILLISECONDS) {
                    // Left by a killed process of version 0.1.0.
                    delete(file);
                }
            }
        }
        kept.sort(Comparator.comparingLong(Kept::used));
        for (Kept oldest : kept) {
            if (bytes <= mostBytes) {
                return;
            }
            delete(oldest.file);
            bytes -= oldest.bytes;
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A file of another user stays.
        }
    }

    private static byte[] hash(String name, byte[] binary) {
        MessageDigest digest = sha256();
        digest.update(name.getBytes(StandardCharsets.US_ASCII));
        return digest.digest(binary);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
