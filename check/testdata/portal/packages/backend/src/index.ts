/*
 * The backend of the Acme portal. Every plugin of package.json is added here.
 */

import { createBackend } from '@backstage/backend-defaults';

const backend = createBackend();

backend.add(import('@backstage/plugin-app-backend'));

// auth plugin
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-auth-backend-module-guest-provider'));

// catalog plugin
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(import('@backstage/plugin-catalog-backend-module-logs'));
backend.add(import('@acme/plugin-catalog-backend-module-acme'));

// scaffolder plugin
backend.add(import('@backstage/plugin-scaffolder-backend'));

// search plugin
backend.add(import('@backstage/plugin-search-backend'));
backend.add(import('@backstage/plugin-search-backend-module-pg'));

// our own
backend.add(import('@acme/plugin-badges-backend'));

backend.start();
