package io.github.clnorm.internal.driver;

/**
 * Sets a system property temporarily. A lock for the whole process, including copies of this class in other class
 * loaders, keeps one caller from restoring another's value. Thread-safe.
 */
final class ProcessProperty {

    // Equal interned strings are the same object in the whole process.
    private static final Object LOCK = "io.github.clnorm.internal.driver.ProcessProperty".intern();

    private ProcessProperty() {}

    /** The lock that guards the changes. */
    static Object lock() {
        return LOCK;
    }

    /** Runs an action with a property set, then restores the property. */
    static void during(String name, String value, Runnable action) {
        synchronized (LOCK) {
            String before = System.setProperty(name, value);
            try {
                action.run();
            } finally {
                if (!value.equals(System.getProperty(name))) {
                    // The application has changed it since.
                } else if (before == null) {
                    System.clearProperty(name);
                } else {
                    System.setProperty(name, before);
                }
            }
        }
    }
}
