// Logto's own clients as published: @logto/express in an express app, and @logto/node under it by hand.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { handleAuthRoutes, LogtoExpressConfig as _type, withLogto } from '@logto/express';
