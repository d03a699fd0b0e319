package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The folder that PoCL keeps compiled programs in. PoCL shows no device where it cannot write to it, and loads what lies
 * in it unchecked: it must be a folder of the user's own.
 */
final class PoclCache {

    private final Map<String, String> environment;
    private final String home;

    /**
     * The folder of a process.
     *
     * @param environment the process's variables
     * @param home the user's home by the user database
     */
    PoclCache(Map<String, String> environment, String home) {
        this.environment = environment;
        this.home = home;
    }

    /**
     * Why PoCL cannot use its folder.
     *
     * @return the reason with what mends it; empty where nothing is known to be wrong
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

    /** A folder in the user's home where that can be written. Never a shared one: others could put programs into it. */
    private String remedy(String variable) {
        String inHome = environment.getOrDefault("HOME", "") + "/.cache/pocl/kcache";
        if (!variable.equals("HOME")
                && inHome.startsWith("/")
                && obstacle(inHome).isEmpty()) {
            return "Unset " + variable
                    + ", or name a folder of your own: export POCL_CACHE_DIR=\"$HOME/.cache/pocl/kcache\"";
        }
        // The home of the user database, whatever the environment says.
        String inOwnHome = home + "/.cache/pocl/kcache";
        if (inOwnHome.startsWith("/") && obstacle(inOwnHome).isEmpty()) {
            return "Name a folder of your own: export POCL_CACHE_DIR='" + inOwnHome + "'";
        }
        return "Set POCL_CACHE_DIR to a folder that belongs to you and that no other user can write to";
    }

    /** Why a folder cannot be made or written to, by looking alone: the nearest part that exists decides. */
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

    /** What access rights do not tell: file systems that refuse new files also to root. */
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
