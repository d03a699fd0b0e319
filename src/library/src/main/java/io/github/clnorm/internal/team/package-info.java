/** Work that a fixed order of jobs puts on threads, which share each job. */
package io.github.clnorm.internal.team;
