/** The published container image, default of the published templates only. */
export const PUBLISHED_IMAGE = 'public.ecr.aws/j1l0w7h1/actionsrunner-service:latest';
