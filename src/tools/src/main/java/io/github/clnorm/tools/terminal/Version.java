package io.github.clnorm.tools.terminal;

import java.io.IOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version in the jar. */
public final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {"clnorm " + number()};
    }

    /** Such as {@code 0.1.0}. */
    public static String number() throws IOException {
        Properties properties = new Properties();
        try (var in = Version.class.getResourceAsStream("/io/github/clnorm/tools/version.properties")) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }
}
