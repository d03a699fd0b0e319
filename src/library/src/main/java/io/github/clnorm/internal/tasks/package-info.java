/** Tasks on other threads that one thread waits for, and how an interrupt of that thread ends them. */
package io.github.clnorm.internal.tasks;
