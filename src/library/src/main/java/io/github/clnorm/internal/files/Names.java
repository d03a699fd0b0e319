package io.github.clnorm.internal.files;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of hidden files. */
final class Names {

    static final String GLOB = ".{clnorm,tuning}-*.{part,old,commit,lock}";

    private static final String PREFIX = ".clnorm-";
    private static final String PROCESS_PROPERTY = "io.github.clnorm.files.process";
    private static final Pattern OF_SET =
            Pattern.compile("\\.clnorm-([0-9a-f]{16})-([0-9a-f]{16})(?:-\\d{1,9})?\\.(part|old|commit)");
    private static final Pattern LOCK = Pattern.compile("\\.clnorm-[0-9a-f]{32}\\.lock");
    // Version 0.1.0 did not lock its files. Its .old files may be a user's only copy and are never removed.
    private static final Pattern OF_VERSION_0_1 =
            Pattern.compile("\\.(?:clnorm-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|tuning-\\d{1,20})\\.part");

    enum Kind {
        PART,
        OLD,
        COMMIT,
        LOCK,
        PART_WITHOUT_LOCK
    }

    /**
     * The parts of a name.
     *
     * @param set the commit that the file belongs to; null for a lock
     */
    record Parsed(Kind kind, String process, String set) {}

    private Names() {}

    /**
     * Identifies this process for all class loaders. Random, because containers that share a folder reuse process ids.
     */
    static String process() {
        return (String) System.getProperties().computeIfAbsent(PROCESS_PROPERTY, key -> random());
    }

    static String newSet() {
        return process() + "-" + random();
    }

    private static String random() {
        return UUID.randomUUID().toString().replace("-", "").substring(16);
    }

    static Path part(Path destination, String set, int number) {
        return destination.resolveSibling(PREFIX + set + "-" + number + ".part");
    }

    static Path old(Path destination, String set, int number) {
        return destination.resolveSibling(PREFIX + set + "-" + number + ".old");
    }

    static Path journal(Path folder, String set) {
        return folder.resolve(PREFIX + set + ".commit");
    }

    /** The lock file of a destination, in the same folder. */
    static Path lock(Path destination) {
        try {
            byte[] name = destination.getFileName().toString().getBytes(StandardCharsets.UTF_8);
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name);
            return destination.resolveSibling(PREFIX + HexFormat.of().formatHex(hash, 0, 16) + ".lock");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Parses the name of a file; null if it is not one of these names. */
    static Parsed parse(Path file) {
        String name = file.getFileName().toString();
        Matcher ofSet = OF_SET.matcher(name);
        if (ofSet.matches()) {
            Kind kind =
                    switch (ofSet.group(3)) {
                        case "part" -> Kind.PART;
                        case "old" -> Kind.OLD;
                        default -> Kind.COMMIT;
                    };
            return new Parsed(kind, ofSet.group(1), ofSet.group(1) + "-" + ofSet.group(2));
        }
        if (LOCK.matcher(name).matches()) {
            return new Parsed(Kind.LOCK, null, null);
        }
        return OF_VERSION_0_1.matcher(name).matches() ? new Parsed(Kind.PART_WITHOUT_LOCK, null, null) : null;
    }
}
