package io.github.clnorm.internal.files;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File systems without modes and owners, and users who may not set them. */
class PermissionsTest {

    @TempDir
    private Path folder;

    private final List<String> calls = new ArrayList<>();

    /** A view of a file in which some changes fail. */
    private PosixFileAttributeView view(PosixFileAttributes own, Exception failure, Set<String> failing) {
        return (PosixFileAttributeView) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {PosixFileAttributeView.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("readAttributes")) {
                        return own;
                    }
                    calls.add(method.getName()
                            + (method.getName().equals("setPermissions")
                                    ? " " + PosixFilePermissions.toString(permissions(arguments[0]))
                                    : ""));
                    if (failing.contains(method.getName())) {
                        throw failure;
                    }
                    return null;
                });
    }

    @SuppressWarnings("unchecked")
    private static Set<PosixFilePermission> permissions(Object argument) {
        return (Set<PosixFilePermission>) argument;
    }

    private PosixFileAttributes attributes(String mode, String group) throws IOException {
        Path file = Files.createTempFile(folder, "a", "b");
        PosixFileAttributes real = Files.readAttributes(file, PosixFileAttributes.class);
        GroupPrincipal principal = (GroupPrincipal) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {GroupPrincipal.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "equals" -> arguments[0].toString().equals(group);
                    case "hashCode" -> group.hashCode();
                    default -> group;
                });
        return (PosixFileAttributes) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {PosixFileAttributes.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "permissions" -> PosixFilePermissions.fromString(mode);
                    case "group" -> principal;
                    case "owner" -> real.owner();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    /** As on vfat and CIFS: the file is replaced anyway. */
    @Test
    void worksWithoutModes() throws IOException {
        for (Exception failure : List.of(
                new UnsupportedOperationException(), new FileSystemException("f", null, "Operation not permitted"))) {
            Permissions.keep(
                    attributes("rw-r--r--", "g"),
                    view(attributes("rw-------", "g"), failure, Set.of("setPermissions", "setGroup", "setOwner")));
        }
        assertEquals(List.of("setPermissions rw-r--r--", "setPermissions rw-r--r--"), calls);
    }

    /** A different group gets no more rights than all users. */
    @Test
    void aGroupThatCannotBeKeptGetsNoRights() throws IOException {
        Permissions.keep(
                attributes("rw-rw-r--", "staff"),
                view(attributes("rw-------", "users"), new FileSystemException("f"), Set.of("setGroup")));
        assertEquals(List.of("setGroup", "setPermissions rw-r--r--"), calls);
        calls.clear();
        Permissions.keep(
                attributes("rw-rw-r--", "staff"),
                view(attributes("rw-------", "users"), new FileSystemException("f"), Set.of()));
        assertEquals(List.of("setGroup", "setPermissions rw-rw-r--"), calls);
    }
}
