package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Messages for files that cannot be written. */
final class WriteFailure {
    private WriteFailure() {}

    /** Names the file and the reason. */
    static IOException of(Specification file, IOException cause) {
        return of(file, Text.reason(cause), cause);
    }

    /** The same, of a file that cannot be created. */
    static IOException ofCreation(Specification file, IOException cause) {
        return of(file, folderReason(file, cause), cause);
    }

    private static IOException of(Specification file, String reason, IOException cause) {
        return new IOException(Text.oneLine(file + ": cannot be written: " + reason), cause);
    }

    /** The reason why a file cannot be created. */
    static String folderReason(Specification file, IOException cause) {
        if (!(cause instanceof NoSuchFileException)) {
            return Text.reason(cause);
        }
        Path folder = file.path().toAbsolutePath().getParent();
        return folder != null && Files.isDirectory(folder)
                ? "no files can be created in its folder"
                : "its folder does not exist";
    }
}
