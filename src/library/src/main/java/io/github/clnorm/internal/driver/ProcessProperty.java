package io.github.clnorm.internal.driver;

/**
 * Sets a system property while something runs that reads it. All classes of this process wait for each other, also copies
 * of this class in other class loaders: otherwise the last one could restore what another has set.
 */
final class ProcessProperty {

    // Strings of equal content are one object in the whole process once they are interned.
    private static final Object LOCK = "io.github.clnorm.internal.driver.ProcessProperty".intern();

    private ProcessProperty() {}

    /** The lock under which properties are changed. */
    static Object lock() {
        return LOCK;
    }

    /** Runs something with a property set, and restores the property. */
    static void during(String name, String value, Runnable action) {
        synchronized (LOCK) {
            String before = System.setProperty(name, value);
            try {
                action.run();
            } finally {
                if (!value.equals(System.getProperty(name))) {
                    // The application has set it meanwhile.
                } else if (before == null) {
                    System.clearProperty(name);
                } else {
                    System.setProperty(name, before);
                }
            }
        }
    }
}
