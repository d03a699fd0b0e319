package io.github.clnorm.internal.tune;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be read or written: Java's own message is often only the name of the file. */
final class FileReasons {

    private FileReasons() {}

    static String of(FileSystemException e) {
        if (e.getReason() != null) {
            return e.getReason();
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return e.getFile() + ": no such file or folder";
        }
        return e instanceof FileAlreadyExistsException ? e.getFile() + " is not a folder" : e.toString();
    }
}
