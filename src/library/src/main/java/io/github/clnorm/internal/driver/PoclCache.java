package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * PoCL's folder of compiled programs. PoCL offers no device if it cannot write to the folder, and loads programs from
 * it without checks. Therefore it must belong to the user. Immutable and thread-safe.
 */
final class PoclCache {

    private final Map<String, String> environment;
    private final String home;

    /**
     * Creates a check.
     *
     * @param environment the process's variables
     * @param home the user's home according to the user database
     */
    PoclCache(Map<String, String> environment, String home) {
        this.environment = environment;
        this.home = home;
    }

    /**
     * Returns why PoCL cannot use its folder.
     *
     * @return the reason with its remedy; empty if no problem was found
     */
    Optional<Finding> problem() {
        for (String variable : new String[] {"POCL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) {
            String value = environment.getOrDefault(variable, "");
            if (!value.isEmpty()) {
                return obstacle(folder(variable, value)).map(reason -> finding(variable, value, reason));
            }
        }
        return Optional.empty();
    }

    private static String folder(String variable, String value) {
        return switch (variable) {
            case "POCL_CACHE_DIR" -> value;
            case "XDG_CACHE_HOME" -> value + "/pocl/kcache";
            default -> value + "/.cache/pocl/kcache";
        };
    }

    private Finding finding(String variable, String value, String reason) {
        String detail = "PoCL shows no device because it cannot write to its cache folder: " + reason + " (" + variable
                + "=" + DriverText.printable(value) + ")";
        return new Finding(Finding.State.BROKEN, Diagnosis.POCL_CACHE, detail, remedy(variable));
    }

    /**
     * Suggests a folder in the user's home if it can be written. Never a shared folder, to which others could write
     * programs.
     */
    private String remedy(String variable) {
        String inHome = environment.getOrDefault("HOME", "") + "/.cache/pocl/kcache";
        if (!variable.equals("HOME")
                && inHome.startsWith("/")
                && obstacle(inHome).isEmpty()) {
            return "Unset " + variable
                    + ", or name a folder of your own: export POCL_CACHE_DIR=\"$HOME/.cache/pocl/kcache\"";
        }
        // The home in the user database, even if the environment names another.
        String inOwnHome = home + "/.cache/pocl/kcache";
        if (inOwnHome.startsWith("/") && obstacle(inOwnHome).isEmpty()) {
            return "Name a folder of your own: export POCL_CACHE_DIR='" + inOwnHome + "'";
        }
        return "Set POCL_CACHE_DIR to a folder that belongs to you and that no other user can write to";
    }

    /** Returns why a folder cannot be created or written, without trying: checks its nearest existing parent. */
    private static Optional<String> obstacle(String folder) {
        Path wanted;
        try {
            wanted = Path.of(folder).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            return Optional.of("'" + DriverText.printable(folder) + "' is not a path");
        }
        Path existing = wanted;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            return Optional.of(wanted + " cannot be made");
        }
        if (!Files.isDirectory(existing)) {
            return Optional.of(existing + " is not a folder");
        }
        boolean there = existing.equals(wanted);
        if (!Files.isWritable(existing) || isReadOnly(existing)) {
            return Optional.of(
                    there
                            ? wanted + " cannot be written to"
                            : wanted + " does not exist and cannot be made in " + existing);
        }
        return Optional.empty();
    }

    /** Whether the file system rejects new files also from root. */
    private static boolean isReadOnly(Path folder) {
        try {
            return Files.getFileStore(folder).isReadOnly()
                    || Files.getFileStore(folder).type().equals("proc")
                    || Files.getFileStore(folder).type().equals("sysfs");
        } catch (IOException | SecurityException e) {
            return false;
        }
    }
}
