import { lines, issuerPitfall, type Guide } from './guide';

export const spring: Guide = {
  id: 'spring',
  name: 'Spring Security',
  about: 'Java and Kotlin: Spring Boot’s OAuth2 client',
  words: 'java kotlin spring boot oauth2 login',
  suits: ['Traditional'],
  origin: 'http://localhost:8080',
  callback: '/login/oauth2/code/vestibule',
  afterSignOut: '/',
  steps: (v) => [
    {
      title: 'Install',
      file: 'build.gradle',
      code: lines(
        `implementation 'org.springframework.boot:spring-boot-starter-oauth2-client'`,
        `implementation 'org.springframework.boot:spring-boot-starter-web'`,
      ),
    },
    { title: 'Environment', file: '.env', code: `CLIENT_SECRET=${v.secret}` },
    {
      title: 'Registration',
      file: 'application.yml',
      code: lines(
        `spring:`,
        `  security:`,
        `    oauth2:`,
        `      client:`,
        `        registration:`,
        `          vestibule:`,
        `            client-id: ${v.clientId}`,
        `            client-secret: \${CLIENT_SECRET}`,
        `            scope: openid,profile,email`,
        `            redirect-uri: "${v.redirectUri}"`,
        `        provider:`,
        `          vestibule:`,
        `            issuer-uri: ${v.issuer}`,
      ),
    },
    ...(v.alg === 'RS256'
      ? []
      : [
          {
            title: 'Algorithm of ID tokens',
            file: 'IdTokens.java',
            code: lines(
              `@Configuration`,
              `class IdTokens {`,
              `  @Bean`,
              `  JwtDecoderFactory<ClientRegistration> idTokenDecoderFactory() {`,
              `    var factory = new OidcIdTokenDecoderFactory();`,
              `    factory.setJwsAlgorithmResolver(registration -> SignatureAlgorithm.${v.alg});`,
              `    return factory;`,
              `  }`,
              `}`,
            ),
          },
        ]),
    {
      title: 'Sign out at the provider, too',
      file: 'Security.java',
      code: lines(
        `@Configuration`,
        `class Security {`,
        `  @Bean`,
        `  SecurityFilterChain chain(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {`,
        `    var signOut = new OidcClientInitiatedLogoutSuccessHandler(clients);`,
        `    signOut.setPostLogoutRedirectUri("${v.postLogoutRedirectUri}");`,
        `    return http.authorizeHttpRequests(all -> all.anyRequest().authenticated())`,
        `        .oauth2Login(withDefaults())`,
        `        .logout(logout -> logout.logoutSuccessHandler(signOut))`,
        `        .build();`,
        `  }`,
        `}`,
      ),
    },
  ],
  pitfalls: (v) => [
    v.alg === 'RS256'
      ? `It accepts RS256 and nothing else unless told so, which is what this application uses.`
      : `It accepts RS256 and nothing else unless told so: without the bean above, sign-in fails with invalid_id_token. Or choose RS256 as the signing algorithm of this application.`,
    `The last part of the redirect URI is the name of the registration, \`vestibule\`.`,
    `It reads discovery when it starts: start the provider first.`,
    issuerPitfall(v),
  ],
};
