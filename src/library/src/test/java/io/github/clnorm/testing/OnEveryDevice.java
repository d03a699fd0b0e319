package io.github.clnorm.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A test with a backend as parameter, which runs once for each device of the machine. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Tag("device")
// All tests share the backends; JUnit must not close them after the first.
@ParameterizedTest(autoCloseArguments = false)
@MethodSource("io.github.clnorm.testing.TestDevices#all")
public @interface OnEveryDevice {}
