import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Caller } from '../graphql/caller.js';
import type { Logger } from '../log.js';
import type { Access } from './access.js';
import type { ServerMetrics } from './metrics.js';
import type { RateLimit } from './rate-limit.js';

declare global {
  namespace Express {
    /** What is known of a request, in `response.locals`. */
    interface Locals {
      requestId: string;
      log: Logger;
      /** From `authenticate` on. */
      caller: Caller;
    }
  }
}

/** Gives the request its number, and logs and measures it when it ends. */
export function follow(log: Logger, metrics: ServerMetrics): RequestHandler {
  return (request, response, next) => {
    const requestId = randomUUID();
    const startedAt = performance.now();
    const { method, path } = request; // routers shorten it on the way
    response.locals.requestId = requestId;
    response.locals.log = log;
    response.setHeader('X-Request-Id', requestId);
    response.once('close', () => {
      const milliseconds = Math.round(performance.now() - startedAt);
      const route = routeOf(path);
      const caller = (response.locals.caller as Caller | undefined)?.name;
      metrics.observeRequest(route, response.statusCode, milliseconds / 1000);
      const level = route === 'graphql' || route === 'uploads' ? 'info' : 'debug';
      log[level]({ requestId, method, path, status: response.statusCode, milliseconds, caller }, 'request');
    });
    next();
  };
}

/** @throws through `next` what `Access.refuseForeignPages` throws */
export function refuseForeignPages(access: Access): RequestHandler {
  return (request, _response, next) => {
    access.refuseForeignPages(request, request.method !== 'GET' && request.method !== 'HEAD');
    next();
  };
}

/** Finds out who calls; guessing keys is limited by address. */
export function authenticate(access: Access, rate: RateLimit): RequestHandler {
  return (request, response, next) => {
    try {
      response.locals.caller = access.callerOf(request.headers.authorization);
    } catch (error) {
      rate.take(`address ${request.socket.remoteAddress}`);
      throw error;
    }
    next();
  };
}

/** Like `authenticate`, but an address that a caller was given by the API is enough. */
export function authenticatePicture(access: Access, rate: RateLimit): RequestHandler {
  const byKey = authenticate(access, rate);
  return (request, response, next) => {
    if (access.isSigned(request.path, request.query.signature)) next();
    else byKey(request, response, next);
  };
}

export function limitRate(rate: RateLimit): RequestHandler {
  return (_request, response, next) => {
    rate.take(rateKey(response.locals.caller));
    next();
  };
}

/** One limit for a key, wherever it is used. */
export function rateKey(caller: Caller): string {
  return `key ${caller.name}`;
}

const ROUTES = ['graphql', 'uploads', 'thumbnails', 'healthz', 'readyz', 'metrics'];

/** The first part of the path where it is one of ours; the number of routes in the metrics stays small. */
function routeOf(path: string): string {
  const first = path.split('/')[1] ?? '';
  return ROUTES.includes(first) ? first : 'page';
}
