package io.github.clnorm.tools.survey;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name of this machine, only to remove it from texts. */
final class HostName {

    private static final Path OF_LINUX = Path.of("/proc/sys/kernel/hostname");

    private HostName() {}

    /** The name; empty if it is not known. */
    static String ofThisMachine() {
        try {
            if (Files.isReadable(OF_LINUX)) {
                return Files.readString(OF_LINUX).strip();
            }
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return "";
        }
    }
}
