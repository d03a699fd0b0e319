package io.github.clnorm.internal.cache;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Describes failures of the file system. Java's own message is often only the name of the file. */
final class Reason {
    private Reason() {}

    /** Returns a sentence that names the path. */
    static String of(IOException e, Path path) {
        if (e instanceof UntrustedException) {
            return e.getMessage();
        }
        if (!(e instanceof FileSystemException file)) {
            String message = String.valueOf(e.getMessage());
            return message.contains(path.toString()) ? message : path + ": " + message;
        }
        String name = file.getFile() == null ? path.toString() : file.getFile();
        if (file.getReason() != null) {
            return name + ": " + file.getReason();
        }
        if (e instanceof AccessDeniedException) {
            return name + ": permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return name + ": no such file or folder";
        }
        return e instanceof FileAlreadyExistsException
                ? name + " is not a folder"
                : name + ": " + e.getClass().getSimpleName();
    }
}
