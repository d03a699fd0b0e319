package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.testing.ChildProgram;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PoCL shows no device to a thread that asks while another one loads it for the first time. */
@Tag("slow")
class FirstLoadTest {

    @Test
    void aThreadWaitsWhileAnotherLoadsTheDrivers() throws Exception {
        assertEquals("[first, second]", new ChildProgram(Program.class).run());
    }

    /** Prints which thread may query the drivers first. The first one goes on when the second one waits, or has not waited. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws InterruptedException {
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            Thread second = new Thread(() -> DeviceQuery.platforms(noting("second", order)));
            DeviceQuery.platforms(source -> {
                second.start();
                while (order.isEmpty() && second.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                order.add("first");
                return source;
            });
            second.join();
            System.out.println(order);
        }

        private static UnaryOperator<PlatformSource> noting(String name, List<String> order) {
            return source -> {
                order.add(name);
                return source;
            };
        }
    }
}
