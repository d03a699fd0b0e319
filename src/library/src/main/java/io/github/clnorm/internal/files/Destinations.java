package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resolves the names of files that are replaced. */
final class Destinations {

    private static final int MAX_LINKS = 40;

    private Destinations() {}

    /** Resolves all links; see {@link FileReplacements#destination}. */
    static Path of(Path target) throws IOException {
        Path path = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MAX_LINKS) {
                throw new FileSystemException(target.toString(), null, "too many levels of links");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        // Two names of a file that does not exist yet are one when their folders are.
        Path folder = path.getParent();
        return folder != null && Files.exists(folder) && path.getFileName() != null
                ? folder.toRealPath().resolve(path.getFileName())
                : path.normalize();
    }

    /** Rejects what a file cannot replace. */
    static void checkReplaceable(Path destination) throws FileSystemException {
        if (Files.isDirectory(destination)) {
            throw new FileSystemException(destination.toString(), null, "is a directory");
        }
        if (Files.exists(destination) && !Files.isRegularFile(destination)) {
            throw new FileSystemException(destination.toString(), null, "is a pipe or a device");
        }
    }
}
